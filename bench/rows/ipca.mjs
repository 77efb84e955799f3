const family = 'latent-factors';
const fitScript = 'latent-factors/ipca-fit.mjs';
const numpy = (args) => ({ name: 'numpy', script: 'peers/ipca_numpy.py', args, needs: ['numpy'] });
const packaged = (args) => ({ name: 'ipca', script: 'peers/ipca_package.py', args, needs: ['ipca'] });
const large = ['--dates=600', '--assets=3000', '--characteristics=94', '--factors=6', '--repeats=1', '--warmup=0'];

export default [
  {
    name: 'ipca-fit',
    family,
    title: 'IPCA of 240 dates x 1000 assets, L = 36, K = 5, from the panel to the optimum',
    unit: 'fit',
    rounds: 2,
    ours: { script: fitScript },
    peers: [numpy([]), packaged([])],
  },
  {
    name: 'ipca-fit-large',
    family,
    title: 'IPCA of 600 dates x 3000 assets, L = 94, K = 6, from the panel to the optimum',
    unit: 'fit',
    rounds: 2,
    ours: { script: fitScript, args: large },
    peer: numpy(large),
  },
  {
    name: 'ipca-iteration',
    family,
    title: 'One plain iteration of alternating least squares, 240 dates, L = 36, K = 5',
    unit: 'iteration',
    ours: { script: fitScript, args: ['--unit=iteration'] },
    peer: numpy(['--unit=iteration']),
  },
  ...['correlated', 'overfitted', 'correlated and overfitted'].map((name) => ({
    name: `ipca-acceleration-${name.replaceAll(' ', '-')}`,
    family,
    title: `Accelerated IPCA to tol 1e-8, ${name}`,
    unit: 'fit',
    rounds: 1,
    ours: { script: 'latent-factors/acceleration.mjs', args: [name] },
  })),
  {
    name: 'ipca-bootstrap',
    family,
    title: 'Wild bootstrap of Gamma_alpha = 0, T = 600, L = 36, K = 5',
    unit: 'draw',
    threads: 2,
    ours: { script: 'latent-factors/bootstrap.mjs' },
  },
  {
    name: 'ipca-bootstrap-threads',
    family,
    title: 'The same over threads, 160 draws',
    unit: 'draw',
    rounds: 2,
    scaling: { script: 'latent-factors/bootstrap.mjs', base: { draws: 160 }, axes: { threads: [1, 2] } },
  },
  {
    name: 'ipca-scaling',
    family,
    title: 'IPCA, how the cost grows from 100 dates x 400 assets, L = 12, K = 3',
    unit: 'fit',
    rounds: 2,
    scaling: {
      script: fitScript,
      base: { dates: 100, assets: 400, characteristics: 12, factors: 3 },
      axes: {
        dates: [100, 300, 900],
        assets: [400, 1600, 6400],
        characteristics: [12, 24, 48],
        factors: [2, 4, 8],
      },
    },
  },
  {
    name: 'ipca-stream',
    family,
    title: 'IPCA fitted to a Parquet file of 2 million rows x 12 columns, read part by part',
    unit: 'read and fit',
    rounds: 2,
    ours: {
      script: 'latent-factors/ipca-stream.mjs',
      args: ['--dates=800', '--columns=12', '--repeats=5', '--compare'],
    },
  },
  {
    name: 'ipca-stream-scaling',
    family,
    title: 'The same, how time and memory grow with the dates (2,500 assets x 6 columns)',
    unit: 'read and fit',
    rounds: 2,
    scaling: { script: 'latent-factors/ipca-stream.mjs', base: { dates: 200 }, axes: { dates: [200, 400, 800] } },
  },
];
