// Fits IPCA to a Parquet file twice: read whole and fitted in memory, and streamed part by part. Prints the seconds of
// both (median of alternating runs), the difference of their Gammas, and the peak memory of a streamed fit for T and 2T
// dates, each in a process of its own. Build first: npm run build.
// Usage: node bench/integration/stream.mjs [dates] [assets] [characteristics]
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const packageFolder = new URL('../../packages/integration/', import.meta.url);
const script = fileURLToPath(import.meta.url);
const folder = join(tmpdir(), 'ml4t-bench');
const columns = { returns: { column: 'ret', lag: 1 }, characteristics: { exclude: [] } };

if (process.argv[2] === 'time') await runTimes(process.argv[3]);
else if (process.argv[2] === 'memory') await runMemory(process.argv[3], process.argv[4]);
else await runAll(Number(process.argv[2] ?? 300), Number(process.argv[3] ?? 3000), Number(process.argv[4] ?? 20));

async function runAll(dates, assets, width) {
  mkdirSync(folder, { recursive: true });
  const short = await makeFile(dates, assets, width);
  const long = await makeFile(2 * dates, assets, width);
  const run = (...args) => spawnSync(process.execPath, [script, ...args], { stdio: 'inherit' });
  run('time', short);
  for (const [name, path] of [
    ['T', short],
    ['2T', long],
  ])
    for (const way of ['stream', 'sort', 'memory']) {
      console.log(`${way} ${name}`.padEnd(12), `(${Math.round(statSync(path).size / 1e6)} MB of Parquet)`);
      run('memory', path, way);
    }
  for (const path of [short, long]) rmSync(path);
}

async function load() {
  const { readCrossSectionBatch, streamCrossSectionBatches } = await import(
    new URL('dist/index.js', packageFolder).href
  );
  const { IPCAModel } = await import(new URL('../../packages/latent-factors/dist/index.js', import.meta.url).href);
  const newModel = () => new IPCAModel({ nFactors: 3 });
  return {
    memory: async (path) => {
      const model = newModel();
      await model.fit((await readCrossSectionBatch(path, columns)).batch);
      return model;
    },
    stream: async (path) => {
      const model = newModel();
      await model.fitStream(streamCrossSectionBatches(path, columns));
      return model;
    },
    sort: async (path) => {
      const model = newModel();
      await model.fitStream(streamCrossSectionBatches(path, columns, { sort: true }));
      return model;
    },
  };
}

async function runTimes(path) {
  const fits = await load();
  const seconds = { memory: [], stream: [] };
  const cpu = { memory: [], stream: [] };
  const gamma = {};
  // The first round warms up; the ways alternate, so that other jobs on the machine slow down both.
  for (let round = 0; round < 6; round++)
    for (const way of ['memory', 'stream']) {
      const start = performance.now();
      const before = process.cpuUsage();
      gamma[way] = (await fits[way](path)).gamma;
      const used = process.cpuUsage(before);
      if (round === 0) continue;
      seconds[way].push((performance.now() - start) / 1000);
      cpu[way].push((used.user + used.system) / 1e6);
    }
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  const [memory, stream] = [median(seconds.memory), median(seconds.stream)];
  const [memoryCpu, streamCpu] = [median(cpu.memory), median(cpu.stream)];
  console.log(
    'read and fit'.padEnd(12),
    JSON.stringify({
      inMemorySeconds: Number(memory.toFixed(2)),
      streamedSeconds: Number(stream.toFixed(2)),
      ratio: Number((stream / memory).toFixed(2)),
      inMemoryCpuSeconds: Number(memoryCpu.toFixed(2)),
      streamedCpuSeconds: Number(streamCpu.toFixed(2)),
      cpuRatio: Number((streamCpu / memoryCpu).toFixed(2)),
      gammaDifference: Math.max(...gamma.memory.map((x, i) => Math.abs(x - gamma.stream[i]))),
      loadAverage: Number(loadavg()[0].toFixed(1)),
    }),
  );
}

async function runMemory(path, way) {
  const fits = await load();
  const start = performance.now();
  await fits[way](path);
  const seconds = Number(((performance.now() - start) / 1000).toFixed(2));
  console.log('', JSON.stringify({ seconds, peakRssMB: Math.round(process.resourceUsage().maxRSS / 1024) }));
}

/** A panel in date order whose characteristics do not compress and whose returns follow three factors. */
async function makeFile(dates, assets, width) {
  const path = join(folder, `stream-${dates}-${assets}-${width}.parquet`);
  if (existsSync(path)) return path;
  const { DuckDBInstance } = createRequire(new URL('package.json', packageFolder))('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const value = (k) => `(hash(row, ${k}) % 1000003) / 1000003 - 0.5`;
  const values = Array.from({ length: width }, (_, k) => `${value(k)} AS c${k}`);
  const factor = (k) => `(hash(row // ${assets}, 'f${k}') % 2001) / 2e4 - 0.05`;
  const signal = [0, 1, 2].map((k) => `(c${k}_before) * (${factor(k)})`).join(' + ');
  const before = [0, 1, 2].map((k) => `(hash(row - ${assets}, ${k}) % 1000003) / 1000003 - 0.5 AS c${k}_before`);
  await connection.run(
    `COPY (SELECT * EXCLUDE (row, c0_before, c1_before, c2_before),
         ${signal} + ((hash(row, 'e') % 2001) / 2e4 - 0.05) AS ret
       FROM (SELECT row, CAST(DATE '1970-01-31' + INTERVAL (row // ${assets}) MONTH AS DATE) AS date,
         'A' || lpad(CAST(row % ${assets} AS VARCHAR), 5, '0') AS asset, ${[...values, ...before].join(', ')}
         FROM range(${dates * assets}) AS r(row)))
     TO '${path}' (FORMAT parquet)`,
  );
  connection.closeSync();
  instance.closeSync();
  return path;
}
