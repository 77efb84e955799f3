// What one more epoch of CAEModel.fit costs, and what the rest of a fit does: 108,000 rows x 94 characteristics, K = 5, one hidden
// layer of 32. The network's epoch alone, beside PyTorch's, is in cae-epoch.mjs.
// Usage: node bench/neural/cae-fit.mjs [threads]
import { CrossSectionBatch } from '@ml4t/core';
import { CAEModel } from '@ml4t/latent-factors';

const threads = Number(process.argv[2] ?? 2);
const [dates, assets, p] = [360, 300, 94];
const rows = dates * assets;
const uniform = (n, state = 1) =>
  Float64Array.from({ length: n }, () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 31 - 1);
const characteristics = uniform(rows * p);
const batch = CrossSectionBatch.fromDense({
  timestamps: Array.from({ length: dates }, (_, t) => new Date(Date.UTC(1990, t, 1)).toISOString().slice(0, 10)),
  characteristics,
  shape: [dates, assets, p],
  returns: uniform(rows, 7),
  returnLag: 0,
});

for (const config of [
  { factors: 'managed', batching: 'rows', batchSize: 10_000 },
  { factors: 'managed', batchSize: 10_000 },
  { factors: 'managed' },
  { factors: 'regression', batchSize: 10_000 },
  { factors: 'regression' },
]) {
  const model = new CAEModel({ nEnsemble: 1, nEpochs: 12, checkpointInterval: null, threads, ...config });
  const ends = [];
  const started = performance.now();
  await model.fit(batch, { onProgress: () => ends.push(performance.now()) });
  const total = performance.now() - started;
  const epochs = ends
    .slice(1)
    .map((end, i) => end - ends[i])
    .sort((a, b) => a - b);
  const median = epochs[epochs.length >> 1];
  console.log(
    `${JSON.stringify(config).padEnd(62)} epoch median ${median.toFixed(0)} ms, least ${epochs[0].toFixed(0)}; ` +
      `fit besides ${(total - 12 * median).toFixed(0)} ms`,
  );
}
