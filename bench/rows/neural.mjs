const row = (name, title, unit, ours, peer, args = [], rounds = 3) => ({
  name,
  family: 'neural',
  title,
  unit,
  threads: 2,
  rounds,
  ours: { script: `neural/${ours}.mjs`, args },
  ...(peer ? { peer: { script: `peers/${peer}.py`, args, needs: ['torch'] } } : {}),
});

const title = 'CAE, 108,000 rows x 94, K = 5, hidden (32), batches of 10,000';
const cae = row('cae-epoch', title, 'epoch', 'cae-epoch', 'cae', ['--epochs=6']);

export default [
  // The peer's panel is in float32, and so is ours; in float64 the engine has a float32 copy of it.
  cae,
  {
    ...cae,
    name: 'cae-epoch-float64',
    title: `${title}, our panel in float64`,
    ours: { ...cae.ours, args: [...cae.ours.args, '--precision=float64'] },
  },
  row('dense-chain', 'Chain 94-32-16-8-5, 180,000 rows, forward, backward, Adam', 'step', 'dense-chain', 'dense_chain'),
  row(
    'lstm',
    'LSTM, 1280 sequences x 63 steps, 64 -> 64, forward, backward, Adam',
    'step',
    'lstm',
    'lstm',
    ['--repeats=5'],
    2,
  ),
  row('engine-start', 'Embedded engine, from its import to a first trained step', 'start', 'start-up'),
];
