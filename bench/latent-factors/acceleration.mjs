// Iterations of alternating least squares with and without Anderson acceleration, to the same tolerance, on an easy panel and
// on hard ones: correlated instruments, noise, gaps, and more factors than there are.
// Usage: node bench/latent-factors/acceleration.mjs [case] [tol]
import { CrossSectionBatch, Random } from '@ml4t/core';
import { IPCAModel, sufficientStatistics } from '@ml4t/latent-factors';
import { report, timed } from '../report.mjs';

function panel({ seed, nDates, nAssets, p, k, noise, correlation, missingShare }) {
  const random = new Random(seed);
  const gamma = Float64Array.from({ length: (p + 1) * k }, () => random.normal() / Math.sqrt(p));
  const characteristics = new Float64Array(nDates * nAssets * p);
  const returns = new Float64Array(nDates * nAssets);
  const mask = new Uint8Array(nDates * nAssets);
  for (let t = 0; t < nDates; t++) {
    const f = Array.from({ length: k }, (_, j) => 0.02 + (0.1 / (1 + j)) * random.normal());
    for (let row = t * nAssets; row < (t + 1) * nAssets; row++) {
      const common = random.normal();
      returns[row] = noise * random.normal();
      for (let l = 0; l <= p; l++) {
        const z = l === 0 ? 1 : Math.sqrt(correlation) * common + Math.sqrt(1 - correlation) * random.normal();
        if (l > 0) characteristics[row * p + l - 1] = z;
        for (let j = 0; j < k; j++) returns[row] += z * gamma[l * k + j] * f[j];
      }
      mask[row] = random.uniform() >= missingShare ? 1 : 0;
    }
  }
  return CrossSectionBatch.fromDense({
    timestamps: Float64Array.from({ length: nDates }, (_, t) => t * 86400000),
    characteristics,
    shape: [nDates, nAssets, p],
    returns,
    returnLag: 0,
    mask,
  });
}

const cases = {
  easy: { seed: 1, nDates: 120, nAssets: 200, p: 20, k: 3, noise: 0.1, correlation: 0, missingShare: 0.1, fitted: 3 },
  correlated: {
    seed: 2,
    nDates: 120,
    nAssets: 60,
    p: 20,
    k: 4,
    noise: 0.3,
    correlation: 0.9,
    missingShare: 0.3,
    fitted: 4,
  },
  overfitted: {
    seed: 3,
    nDates: 120,
    nAssets: 60,
    p: 20,
    k: 2,
    noise: 0.3,
    correlation: 0.5,
    missingShare: 0.3,
    fitted: 5,
  },
  'correlated and overfitted': {
    seed: 4,
    nDates: 150,
    nAssets: 50,
    p: 30,
    k: 3,
    noise: 0.5,
    correlation: 0.95,
    missingShare: 0.4,
    fitted: 6,
  },
};
const [name, tol] = [process.argv[2] ?? 'correlated and overfitted', Number(process.argv[3] ?? 1e-8)];
const { fitted, ...shape } = cases[name];
const statistics = await sufficientStatistics(panel(shape), true);
const fitOf = async (acceleration) => {
  const model = new IPCAModel({ nFactors: fitted, tol, acceleration });
  const { iterations, converged, trainMetrics } = await model.fitStatistics(statistics);
  if (!converged) throw new Error(`${acceleration}: not converged in ${iterations} iterations`);
  return { iterations, totalR2: trainMetrics.totalR2 };
};
let accelerated;
const seconds = await timed(async () => (accelerated = await fitOf('anderson')), { repeats: 3 });
const plain = await fitOf('none');
report({
  seconds,
  threads: 1,
  quality: {
    iterations: accelerated.iterations,
    plainIterations: plain.iterations,
    iterationRatio: plain.iterations / accelerated.iterations,
    // Zero when both reach the same optimum.
    totalR2Gained: accelerated.totalR2 - plain.totalR2,
  },
});
