const row = (name, title, args, peer) => ({
  name,
  family: 'portfolio',
  title,
  unit: '1,000 rows',
  ours: { script: 'portfolio/weight-projection.mjs', args },
  ...(peer ? { peer: { script: 'peers/weight_projection.py', args: [...args, ...peer], needs: ['numpy'] } } : {}),
});

export default [
  row('weight-projection', 'Closest weights, gross at most 1, net, cap: rows of 1,000 assets', ['--gross=at-most'], []),
  // The peer tries every split; one row stands for a thousand.
  row(
    'weight-projection-exact',
    'Closest weights, gross exactly 1, net, cap: rows of 1,000 assets',
    ['--gross=exact'],
    ['--rows=1', '--repeats=2'],
  ),
  row('weight-projection-turnover', 'Closest weights, gross, net, cap and turnover: rows of 1,000 assets', [
    '--gross=at-most',
    '--turnover=0.1',
  ]),
];
