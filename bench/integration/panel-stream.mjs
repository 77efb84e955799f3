// Reads a long Parquet file of dates x 2,500 assets part by part, keeping nothing: how memory grows with its length.
// Usage: node panel-stream.mjs [--dates=400] [--columns=20] [--shuffled=true] [--repeats=1]
import { parseArgs } from 'node:util';
import { streamCrossSectionBatches } from '@ml4t/integration';
import { report, timed } from '../report.mjs';
import { withPanelFile } from './panel-files.mjs';

const text = /** @type {const} */ ({ type: 'string' });
const { values } = parseArgs({
  options: { dates: text, columns: text, shuffled: text, repeats: text, threads: text },
});
const rows = 2500 * Number(values.dates ?? 400);
const shuffled = values.shuffled === 'true';
const roles = { returns: { column: 'ret', lag: 1 }, characteristics: { exclude: [] } };

await withPanelFile({ rows, columns: Number(values.columns ?? 20), shuffled }, async (path) => {
  let read = 0;
  let parts = 0;
  const seconds = await timed(
    async () => {
      read = parts = 0;
      for await (const part of streamCrossSectionBatches(path, roles, { sort: shuffled })) {
        read += part.nRows;
        parts++;
      }
    },
    { repeats: Number(values.repeats ?? 1), warmup: 0 },
  );
  report({ seconds, backend: 'DuckDB', quality: { rows: read, parts } });
});
