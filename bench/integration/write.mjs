// Writes R predictions (timestamp, asset, y_score, y_true, model, fold) and prints the median seconds and the peak
// memory. Build first: npm run build. Usage: node bench/integration/write.mjs [rows]
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const { predictionsTable, writeFrame } = await import(
  new URL('../../packages/integration/dist/index.js', import.meta.url).href
);
const { AssetForecastResult, PanelIndex } = await import(
  new URL('../../packages/core/dist/index.js', import.meta.url).href
);

const rows = Number(process.argv[2] ?? 5_000_000);
const nAssets = 2500;
const nDates = Math.ceil(rows / nAssets);
const folder = join(tmpdir(), 'ml4t-bench');
mkdirSync(folder, { recursive: true });

const dates = Float64Array.from({ length: nDates }, (_, t) => t * 86_400_000);
const ids = Array.from({ length: nAssets }, (_, i) => `A${String(i).padStart(5, '0')}`);
const index = PanelIndex.full(dates, ids);
// One in ten is missing; the others have no pattern that compresses.
const expectedReturns = Float64Array.from({ length: index.nRows }, (_, i) => (i % 10 === 0 ? NaN : Math.sin(i * 1e4)));
const returns = Float64Array.from({ length: index.nRows }, (_, i) => Math.cos(i * 1e4));
const forecast = new AssetForecastResult({ index, expectedReturns });

for (const ending of ['parquet', 'arrow', 'csv']) {
  const seconds = [];
  let file;
  for (let repetition = 0; repetition < 3; repetition++) {
    const start = performance.now();
    const table = predictionsTable(forecast, { returns, modelName: 'ipca', fold: 1 });
    file = await writeFrame(table, join(folder, `predictions.${ending}`));
    seconds.push((performance.now() - start) / 1000);
  }
  seconds.sort((a, b) => a - b);
  const figures = {
    rows: file.nRows,
    fileMB: Math.round(file.bytes / 1e6),
    medianSeconds: Number(seconds[1].toFixed(2)),
    peakRssMB: Math.round(process.resourceUsage().maxRSS / 1024),
  };
  console.log(ending.padEnd(10), JSON.stringify(figures));
}
