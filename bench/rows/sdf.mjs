const row = (phase, title, unit, rounds = 3) => ({
  name: `sdf-${phase}`,
  family: 'sdf',
  title: `SDF, ${title}; 120 dates x 1000 assets x 46 characteristics, 20 context series`,
  unit,
  threads: 2,
  rounds,
  ours: { script: 'neural/sdf-phases.mjs', args: [`--phase=${phase}`] },
  peer: { script: 'peers/sdf.py', args: [`--phase=${phase}`], needs: ['torch'] },
});

export default [
  row('unconditional', 'unconditional phase', 'epoch of one step'),
  row('moment', 'moment phase', 'epoch of one step'),
  row('conditional', 'conditional phase', 'epoch of one step'),
  row('beta', 'beta head', 'epoch of one step'),
  row('schedule', 'a 16th of the schedule of 256 / 64 / 1024 epochs', 'fit', 2),
];
