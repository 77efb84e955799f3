// Reads a long frame of R rows x P characteristics into a CrossSectionBatch, sorted and unsorted, and prints the median
// seconds and how far the process grew beyond the batch's own bytes. Each case runs in a process of its own, so that
// peaks do not mix. Build first: npm run build. Usage: node bench/integration/read.mjs [rows] [characteristics]
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearInterval, setInterval } from 'node:timers';
import { fileURLToPath } from 'node:url';

const packageFolder = new URL('../../packages/integration/', import.meta.url);
const folder = join(tmpdir(), 'ml4t-bench');

if (process.argv[2] === 'case') await runCase(process.argv[3], process.argv[4], JSON.parse(process.argv[5]));
else await runAll(Number(process.argv[2] ?? 1_000_000), Number(process.argv[3] ?? 20));

async function runAll(rows, width) {
  mkdirSync(folder, { recursive: true });
  const files = await makeFiles(rows, width);
  const cases = [
    ['parquet, in date order', files.sorted, { sort: false }],
    ['parquet, in date order, sort: true', files.sorted, { sort: true }],
    ['parquet, shuffled, sort: true', files.shuffled, { sort: true }],
    ...(rows <= 1_000_000 ? [['csv, in date order', files.csv, { sort: false }]] : []),
  ];
  for (const [name, path, options] of cases)
    spawnSync(process.execPath, [fileURLToPath(import.meta.url), 'case', name, path, JSON.stringify(options)], {
      stdio: 'inherit',
    });
}

async function runCase(name, path, options) {
  const { readCrossSectionBatch } = await import(new URL('dist/index.js', packageFolder).href);
  const columns = { returns: { column: 'ret', lag: 1 }, characteristics: { exclude: [] } };
  // The client and its native library are loaded before the baseline is taken.
  await readCrossSectionBatch(
    { query: "SELECT DATE '2000-01-31' AS date, 'a' AS asset, 1.0 AS ret, 1.0 AS x" },
    columns,
  );
  const before = process.memoryUsage().rss;
  let peak = before;
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 5);
  const seconds = [];
  const held = {};
  let firstPeak;
  for (let repetition = 0; repetition < 5; repetition++) {
    // The batch before is not held while the next is read.
    held.batch = undefined;
    const start = performance.now();
    held.batch = (await readCrossSectionBatch(path, columns, options)).batch;
    seconds.push((performance.now() - start) / 1000);
    firstPeak ??= Math.max(peak, process.memoryUsage().rss);
  }
  clearInterval(watch);
  const { batch } = held;
  const bytes = batch.characteristics.byteLength + batch.returns.byteLength + batch.index.assetIndex.byteLength;
  seconds.sort((a, b) => a - b);
  const figures = {
    rows: batch.nRows,
    characteristics: batch.nCharacteristics,
    fileMB: Math.round(statSync(path).size / 1e6),
    medianSeconds: Number(seconds[2].toFixed(2)),
    worstSeconds: Number(seconds[4].toFixed(2)),
    batchMB: Math.round(bytes / 1e6),
    // Growth during the first read, over the batch's own bytes: 1 means that nothing but the batch was held.
    peakOverBatch: Number(((firstPeak - before) / bytes).toFixed(2)),
    peakRssMB: Math.round(process.resourceUsage().maxRSS / 1024),
  };
  console.log(name.padEnd(40), JSON.stringify(figures));
}

async function makeFiles(rows, width) {
  const files = {
    sorted: join(folder, `sorted-${rows}-${width}.parquet`),
    shuffled: join(folder, `shuffled-${rows}-${width}.parquet`),
    csv: join(folder, `sorted-${rows}-${width}.csv`),
  };
  if (existsSync(files.csv) || (rows > 1_000_000 && existsSync(files.shuffled))) return files;
  const { DuckDBInstance } = createRequire(new URL('package.json', packageFolder))('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const nAssets = 2000;
  const values = Array.from(
    { length: width },
    (_, k) =>
      `CASE WHEN hash(row, ${k}) % 10 = 0 THEN NULL ELSE (hash(row, ${k}) % 1000003) / 1000003 - 0.5 END AS c${k}`,
  );
  await connection.run(
    `COPY (SELECT CAST(DATE '1970-01-31' + INTERVAL (row // ${nAssets}) MONTH AS DATE) AS date,
       'A' || lpad(CAST(row % ${nAssets} AS VARCHAR), 5, '0') AS asset, (hash(row) % 2001) / 1e4 - 0.1 AS ret,
       ${values.join(', ')} FROM range(${rows}) AS r(row)) TO '${files.sorted}' (FORMAT parquet)`,
  );
  await connection.run(
    `COPY (FROM '${files.sorted}' ORDER BY hash(date, asset)) TO '${files.shuffled}' (FORMAT parquet)`,
  );
  if (rows <= 1_000_000) await connection.run(`COPY (FROM '${files.sorted}') TO '${files.csv}'`);
  connection.closeSync();
  instance.closeSync();
  return files;
}
