// 1,000 wild-bootstrap draws of the test of Gamma_alpha = 0 on T = 600 dates, L = 36 instruments, K = 5 factors.
// Usage: node bench/latent-factors/bootstrap.mjs [threads] [draws]
import { CrossSectionBatch, Random } from '@ml4t/core';
import { testIntercept } from '@ml4t/latent-factors';
import { availableParallelism } from 'node:os';

const [threads = availableParallelism(), draws = 1000] = process.argv.slice(2).map(Number);
const [nDates, nAssets, p, k] = [600, 300, 35, 5];
const random = new Random(1);
const gamma = Float64Array.from({ length: (p + 1) * k }, () => random.normal() / 6);
const characteristics = Float64Array.from({ length: nDates * nAssets * p }, () => 2 * random.uniform() - 1);
const returns = new Float64Array(nDates * nAssets);
for (let t = 0; t < nDates; t++) {
  const f = Array.from({ length: k }, (_, j) => 0.01 + (0.1 / (1 + j)) * random.normal());
  for (let row = t * nAssets; row < (t + 1) * nAssets; row++) {
    returns[row] = 0.15 * random.normal();
    for (let l = 0; l <= p; l++) {
      const z = l === 0 ? 1 : characteristics[row * p + l - 1];
      for (let j = 0; j < k; j++) returns[row] += z * gamma[l * k + j] * f[j];
    }
  }
}
const batch = CrossSectionBatch.fromDense({
  timestamps: Float64Array.from({ length: nDates }, (_, t) => t * 86400000),
  characteristics,
  shape: [nDates, nAssets, p],
  returns,
  returnLag: 0,
});
const started = performance.now();
const { statistic, pValue } = await testIntercept(batch, { config: { nFactors: k }, draws, threads });
console.log(
  JSON.stringify({
    nDates,
    instruments: p + 1,
    factors: k,
    draws,
    threads,
    seconds: Number(((performance.now() - started) / 1000).toFixed(2)),
    statistic,
    pValue,
    peakRssMiB: Math.round(process.resourceUsage().maxRSS / 1024),
  }),
);
