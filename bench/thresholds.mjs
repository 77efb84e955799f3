// What `pnpm bench --check` holds the rows against, by the name of the row. Every entry is optional:
//   time, memory      ours / theirs, the median over pairs, against the row's first peer or the one that `peer` names
//   seconds, bytes    of our side alone: median time per unit, peak of the process
//   exponents         axis -> most that the exponent of time may be; memoryExponents likewise (scaling rows)
//   quality           figure of our side -> { atLeast, atMost, within: relative distance from the peer's }
export default {
  'pca-fit': { time: 1.5, memory: 1.5, quality: { totalR2: { within: 1e-6 } } },
  'rp-pca-fit': { time: 1.5, memory: 1.5, quality: { totalR2: { within: 1e-6 } } },
  // The Gram matrix is of the smaller side: linear in the longer one.
  'pca-scaling': { exponents: { dates: 1.3, assets: 1.3, factors: 0.5 } },
  'cae-epoch': { time: 0.6, memory: 0.5, quality: { loss: { within: 0.05 } } },
  'dense-chain': { time: 0.6, quality: { loss: { within: 0.05 } } },
  lstm: { time: 0.7, quality: { loss: { within: 0.2 } } },
  'engine-start': { seconds: 0.15 },
};
