// Makes a table of R predictions (timestamp, asset, y_score, y_true, model, fold), a tenth without a score, and writes it.
// Usage: node predictions-write.mjs [--rows=5000000] [--format=parquet] [--repeats=3]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AssetForecastResult, PanelIndex } from '@ml4t/core';
import { predictionsTable, writeFrame } from '@ml4t/integration';
import { report, timed } from '../report.mjs';

const text = /** @type {const} */ ({ type: 'string' });
const { values } = parseArgs({ options: { rows: text, format: text, repeats: text } });
const nAssets = 2500;
const nDates = Math.ceil(Number(values.rows ?? 5_000_000) / nAssets);
const dates = Float64Array.from({ length: nDates }, (_, t) => t * 86_400_000);
const ids = Array.from({ length: nAssets }, (_, i) => `A${String(i).padStart(5, '0')}`);
const index = PanelIndex.full(dates, ids);
const expectedReturns = new Float64Array(index.nRows);
const returns = new Float64Array(index.nRows);
// Without a pattern that compresses.
for (let row = 0; row < index.nRows; row++) {
  expectedReturns[row] = row % 10 === 0 ? Number.NaN : Math.sin(row * 1e4);
  returns[row] = Math.cos(row * 1e4);
}
const forecast = new AssetForecastResult({ index, expectedReturns });

const folder = mkdtempSync(join(tmpdir(), 'ml4t-bench-'));
try {
  let file;
  const seconds = await timed(
    async () => {
      const table = predictionsTable(forecast, { returns, modelName: 'ipca', fold: 1 });
      file = await writeFrame(table, join(folder, `predictions.${values.format ?? 'parquet'}`));
    },
    { repeats: Number(values.repeats ?? 3) },
  );
  report({ seconds, backend: 'DuckDB', quality: { rows: file.nRows, fileBytes: file.bytes } });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
