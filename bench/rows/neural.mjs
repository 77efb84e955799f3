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

export default [
  row('cae-epoch', 'CAE, 108,000 rows x 94, K = 5, hidden (32), batches of 10,000', 'epoch', 'cae-epoch', 'cae', [
    '--epochs=6',
  ]),
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
