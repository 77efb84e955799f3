// Long frames of prescribed size as Parquet files, made by DuckDB in a process of its own so that the memory of the
// process that measures is that of the work. Usage as a program: node panel-files.mjs <path> <rows> <columns> <shuffled>
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(import.meta.url);
const assetsPerDate = 2500;

/**
 * Calls `work` with the path of a file of date, asset, ret and `columns` others, a tenth of their values missing. The runner
 * names a folder in BENCH_FILES where files stay until its end: making one takes longer than reading it.
 */
export async function withPanelFile({ rows, columns, shuffled = false }, work) {
  const kept = process.env.BENCH_FILES;
  const folder = kept ?? mkdtempSync(join(tmpdir(), 'ml4t-bench-'));
  try {
    const path = join(folder, `panel-${rows}-${columns}${shuffled ? '-shuffled' : ''}.parquet`);
    if (existsSync(path)) return await work(path);
    const made = spawnSync(process.execPath, [script, path, String(rows), String(columns), String(shuffled)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (made.status !== 0) throw new Error('the panel could not be made');
    return await work(path);
  } finally {
    if (!kept) rmSync(folder, { recursive: true, force: true });
  }
}

async function make(path, rows, columns, shuffled) {
  const require = createRequire(new URL('../../packages/integration/package.json', import.meta.url));
  /** @type {any} */
  const { DuckDBInstance } = require('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const values = Array.from({ length: columns }, (_, k) => {
    const drawn = `hash(row, ${k})`;
    return `CASE WHEN ${drawn} % 10 = 0 THEN NULL ELSE (${drawn} % 1000003) / 1000003 - 0.5 END AS c${k}`;
  });
  await connection.run(
    `COPY (SELECT DATE '1900-01-01' + CAST(row // ${assetsPerDate} AS INTEGER) AS date,
       'A' || lpad(CAST(row % ${assetsPerDate} AS VARCHAR), 5, '0') AS asset, (hash(row) % 2001) / 1e4 - 0.1 AS ret,
       ${values.join(', ')} FROM range(${rows}) AS r(row)${shuffled ? ' ORDER BY hash(row, -1)' : ''})
     TO '${path.replaceAll("'", "''")}' (FORMAT parquet)`,
  );
  connection.closeSync();
  instance.closeSync();
}

if (process.argv[1] === script) {
  const [path, rows, columns, shuffled] = process.argv.slice(2);
  await make(path, Number(rows), Number(columns), shuffled === 'true');
}
