// Reads a long Parquet file of R rows x P characteristics into a CrossSectionBatch.
// quality.aboveBatch: what the process grew by at its peak, beyond the batch's own bytes and over those bytes. Growth
// counts from a process that has read a small frame, so that the native library and Node itself are left out.
// Usage: node panel-read.mjs [--rows=5000000] [--columns=30] [--shuffled=true] [--repeats=3]
import { parseArgs } from 'node:util';
import { readCrossSectionBatch } from '@ml4t/integration';
import { report } from '../report.mjs';
import { withPanelFile } from './panel-files.mjs';

const text = /** @type {const} */ ({ type: 'string' });
const { values } = parseArgs({ options: { rows: text, columns: text, shuffled: text, repeats: text, threads: text } });
const rows = Number(values.rows ?? 5_000_000);
const columns = Number(values.columns ?? 30);
const shuffled = values.shuffled === 'true';
const roles = { returns: { column: 'ret', lag: 1 }, characteristics: { exclude: [] } };

await withPanelFile({ rows, columns, shuffled }, async (path) => {
  const small = "SELECT DATE '2000-01-31' AS date, 'a' AS asset, 1.0 AS ret, 1.0 AS x";
  await readCrossSectionBatch({ query: small }, roles);
  const before = process.memoryUsage().rss;
  const seconds = [];
  let quality;
  for (let repeat = 0; repeat < Number(values.repeats ?? 3); repeat++) {
    const start = performance.now();
    const { batch } = await readCrossSectionBatch(path, roles, { sort: shuffled });
    seconds.push((performance.now() - start) / 1000);
    // The peak is that of the first read: later ones may find the memory of earlier ones not yet collected.
    quality ??= figures(batch, process.resourceUsage().maxRSS * 1024 - before);
  }
  report({ seconds, backend: 'DuckDB', quality });
});

function figures({ characteristics, returns, index, nRows }, growth) {
  const batchBytes = characteristics.byteLength + returns.byteLength + index.assetIndex.byteLength;
  let sum = 0;
  for (const value of characteristics) if (!Number.isNaN(value)) sum += value;
  return { rows: nRows, sum, batchBytes, aboveBatch: growth / batchBytes - 1 };
}
