// What `pnpm bench --check` holds the rows against, by the name of the row. Every entry is optional:
//   time, memory      ours / theirs, the median over pairs, against the row's first peer or the one that `peer` names
//   seconds, bytes    of our side alone: median time per unit, peak of the process
//   exponents         axis -> most that the exponent of time may be; memoryExponents likewise (scaling rows)
//   quality           figure of our side -> { atLeast, atMost, within: relative distance from the peer's }
import { isInstalled } from './runner/installed.mjs';

const sameResult = { absoluteSum: { within: 1e-9 } };
const soak = { quality: { heapPerThousand: { atMost: 0.5 }, rssPerThousand: { atMost: 5 } } };
const sameFit = { totalR2: { within: 1e-6 } };
/** Both sides start from weights of their own, so losses agree up to that; over a schedule, up to what became of it. */
const sdf = { time: 0.6, memory: 0.5, quality: { loss: { within: 0.15 } } };

export default {
  // Plain SIMD WebAssembly against OpenBLAS, one thread each: two doubles a register against four or eight.
  'linalg-product': { time: 4, quality: sameResult },
  'linalg-gram': { time: 4.5, quality: sameResult },
  'linalg-eigen': { time: 3, quality: sameResult },
  'linalg-leading-eigenvectors': { time: 1, quality: sameResult },
  'linalg-cholesky': { time: 4.5, quality: sameResult },
  'linalg-svd': { time: 2.5, quality: sameResult },
  'linalg-least-squares': { time: 2, quality: sameResult },

  'pca-fit': { time: 2, memory: 3, quality: sameFit },
  'rp-pca-fit': { time: 2.5, memory: 3, quality: sameFit },
  // The Gram matrix is of the smaller side: linear in the longer one.
  'pca-scaling': { exponents: { dates: 1.3, assets: 1.3, factors: 0.5 } },

  // Most of it is Z'Z of every date: the ratio of the kernels.
  'ipca-fit': { time: 4.5, memory: 1.2, quality: sameFit },
  'ipca-fit-large': { time: 4.5, memory: 1.2, quality: { ...sameFit, peakOverPanel: { atMost: 1.5 } } },
  'ipca-iteration': { time: 3, quality: sameFit },
  'ipca-acceleration-correlated': { quality: { iterationRatio: { atLeast: 3 } } },
  'ipca-acceleration-overfitted': { quality: { iterationRatio: { atLeast: 3 } } },
  'ipca-acceleration-correlated-and-overfitted': { quality: { iterationRatio: { atLeast: 3 } } },
  // A thousand draws in a minute, on two threads.
  'ipca-bootstrap': { seconds: 0.06 },
  'ipca-bootstrap-threads': { exponents: { threads: -0.6 } },
  // Part by part costs little more than whole, and memory does not follow the length of the file.
  'ipca-stream': { quality: { streamOverMemory: { atMost: 1.3 } } },
  'ipca-stream-scaling': { exponents: { dates: 1.2 }, memoryExponents: { dates: 0.3 } },
  // Linear in the rows; the characteristics enter by Z'Z (squared) and by the normal equations of Gamma (cubed).
  'ipca-scaling': { exponents: { dates: 1.2, assets: 1.2, characteristics: 2.5, factors: 2.5 } },

  // aboveBatch: growth of the process at its peak beyond the batch, over the batch's own bytes.
  'panel-read': { seconds: 10, quality: { aboveBatch: { atMost: 1.5 } } },
  'panel-read-shuffled': { quality: { aboveBatch: { atMost: 1.5 } } },
  'panel-read-scaling': { exponents: { rows: 1.2, columns: 1.2 } },
  'panel-stream-scaling': { exponents: { dates: 1.3 }, memoryExponents: { dates: 0.3 } },
  'predictions-write': { seconds: 5 },

  // 1,000 rows of 1,000 assets. The reference takes 0.7 s for one row.
  'weight-projection': { seconds: 1, quality: { distanceOfFirstRow: { within: 1e-12 } } },
  'weight-projection-exact': { seconds: 1, quality: { distanceOfFirstRow: { within: 1e-12 } } },

  // MB in 1,000 fits: what a leak of one small object in each would already exceed, and what collection leaves to chance.
  'soak-ipca': soak,
  'soak-cae': soak,
  'soak-lstm': soak,

  'cae-epoch': { time: 0.6, memory: 0.5, quality: { loss: { within: 0.05 } } },
  'dense-chain': { time: 0.6, quality: { loss: { within: 0.05 } } },
  lstm: { time: 0.7, quality: { loss: { within: 0.2 } } },
  'engine-start': { seconds: 0.15 },

  // Wide layers: 128-bit SIMD against 256 or 512 bits.
  'sae-epoch': {
    time: 4,
    memory: 0.6,
    quality: { loss: { within: 0.05 }, shareOfKernel: { atLeast: 0.7 } },
  },
  'sae-predict': { time: 1.5 },
  ...(isInstalled('@tensorflow/tfjs-node')
    ? { 'sae-epoch-tfjs-node': { time: 1.3, memory: 0.6 }, 'sae-predict-tfjs-node': { time: 1.5 } }
    : {}),

  'sdf-unconditional': sdf,
  'sdf-moment': sdf,
  'sdf-conditional': sdf,
  'sdf-beta': sdf,
  'sdf-schedule': { ...sdf, time: 0.35, quality: { loss: { within: 0.4 } } },

  // The two sides draw their own initial weights: what they share is the size of the network.
  'lstm-portfolio-step': { time: 0.8, memory: 0.35, quality: { parameters: { within: 0 } } },
  // Both sides start from the same regression.
  'linear-portfolio-step': {
    time: 2,
    memory: 1,
    quality: { firstObjective: { within: 1e-5 }, lastObjective: { within: 1e-4 } },
  },
  'deep-portfolio-step': { time: 0.9, memory: 0.35, quality: { parameters: { within: 0 } } },
};
