// Fits IPCA once on T = 600 dates of up to N = 3000 assets, L = 94 characteristics, K = 6, 10 % of the rows missing, in a
// process of its own, and prints one JSON line: seconds, peak memory against the panel's bytes, quality.
// Usage: node bench/latent-factors/ipca-fit.mjs [dates] [assets] [characteristics] [factors]
import { CrossSectionBatch } from '@ml4t/core';
import { IPCAModel } from '@ml4t/latent-factors';

const [nDates = 600, nAssets = 3000, p = 94, k = 6] = process.argv.slice(2).map(Number);

// A linear congruential generator: fast, and good enough to fill a panel with planted structure.
let state = 12345;
const uniform = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 4294967296;
const noise = () => uniform() + uniform() + uniform() + uniform() - 2;

const rowOffsets = new Int32Array(nDates + 1);
const assets = [];
for (let t = 0; t < nDates; t++) {
  for (let i = 0; i < nAssets; i++) if (uniform() >= 0.1) assets.push(i);
  rowOffsets[t + 1] = assets.length;
}
const nRows = assets.length;
const gamma = Float64Array.from({ length: p * k }, noise);
const characteristics = new Float64Array(nRows * p);
const returns = new Float64Array(nRows);
for (let t = 0; t < nDates; t++) {
  const f = Float64Array.from({ length: k }, (_, j) => (0.1 * noise()) / (1 + j));
  const slope = Float64Array.from({ length: p }, (_, l) => f.reduce((sum, x, j) => sum + x * gamma[l * k + j], 0));
  for (let row = rowOffsets[t]; row < rowOffsets[t + 1]; row++) {
    let value = 0.3 * noise();
    for (let l = 0; l < p; l++) {
      const z = 2 * uniform() - 1;
      characteristics[row * p + l] = z;
      value += z * slope[l];
    }
    returns[row] = value;
  }
}
const batch = CrossSectionBatch.fromArrays({
  timestamps: Float64Array.from({ length: nDates }, (_, t) => t * 86400000),
  assetIds: Array.from({ length: nAssets }, (_, i) => `a${i}`),
  rowOffsets,
  assetIndex: Int32Array.from(assets),
  characteristicNames: Array.from({ length: p }, (_, l) => `c${l}`),
  characteristics,
  returns,
});
assets.length = 0;
const panelBytes = characteristics.byteLength + returns.byteLength + 4 * nRows;
const model = new IPCAModel({ nFactors: k });
const started = performance.now();
const summary = await model.fit(batch);
const seconds = (performance.now() - started) / 1000;
console.log(
  JSON.stringify({
    nDates,
    nAssets,
    characteristics: p,
    factors: k,
    seconds: Number(seconds.toFixed(3)),
    iterations: summary.iterations,
    engine: summary.runRecord.engine,
    peakOverPanel: Number(((process.resourceUsage().maxRSS * 1024) / panelBytes).toFixed(2)),
    totalR2: Number(summary.trainMetrics.totalR2.toFixed(4)),
  }),
);
