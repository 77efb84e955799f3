// PCA and RP-PCA on T = 600 dates of N = 500 assets, K = 6: median milliseconds of whole fits, and of the eigenproblem alone.
// Usage: node bench/latent-factors/pca-fit.mjs [runs]
import { PersistentPanelBatch, Random } from '@ml4t/core';
import { gramEigen, matrix } from '@ml4t/core/linalg';
import { PCAModel, RPPCAModel } from '@ml4t/latent-factors';

const runs = Number(process.argv[2] ?? 15);
const [nDates, nAssets, k] = [600, 500, 6];
const random = new Random(1);
const loadings = Float64Array.from({ length: nAssets * k }, () => random.normal());
const returns = new Float64Array(nDates * nAssets);
for (let t = 0; t < nDates; t++) {
  const f = Array.from({ length: k }, (_, j) => 0.01 + (0.05 / (1 + j)) * random.normal());
  for (let i = 0; i < nAssets; i++)
    returns[t * nAssets + i] = f.reduce((sum, x, j) => sum + x * loadings[i * k + j], 0.1 * random.normal());
}
const batch = new PersistentPanelBatch({
  timestamps: Float64Array.from({ length: nDates }, (_, t) => t * 86400000),
  assetIds: Array.from({ length: nAssets }, (_, i) => `a${i}`),
  returns,
});
const panel = matrix(nDates, nAssets, returns);
const cases = {
  'eigenproblem (Gram matrix, leading 6 eigenvectors)': async () => gramEigen(panel, k),
  'PCAModel.fit': () => new PCAModel({ nFactors: k }).fit(batch),
  'RPPCAModel.fit': () => new RPPCAModel({ nFactors: k }).fit(batch),
};
for (const [name, work] of Object.entries(cases)) {
  await work();
  const times = [];
  for (let run = 0; run < runs; run++) {
    const started = performance.now();
    await work();
    times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  const [least, median] = [times[0], times[Math.floor(runs / 2)]].map((ms) => Number(ms.toFixed(1)));
  console.log(JSON.stringify({ case: name, nDates, nAssets, factors: k, medianMs: median, leastMs: least }));
}
