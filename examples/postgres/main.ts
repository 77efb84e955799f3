// A panel in PostgreSQL: streamed to a model part by part through a cursor, and its exposures written back to a table.
// Connects to DATABASE_URL where it is set, and otherwise to PGlite, PostgreSQL in this process. Its tables go into a schema of
// their own, which is dropped at the end. Usage: node dist/main.js
import { PGlite } from '@electric-sql/pglite';
import { formatTimestamp, totalR2, type PanelIndex } from '@ml4t/core';
import { simulateConditionalFactorPanel } from '@ml4t/core/simulate';
import { readCrossSectionBatch, streamCrossSectionBatches, type PostgresClient } from '@ml4t/integration';
import { IPCAModel } from '@ml4t/latent-factors';
import pg from 'pg';

/** What `pg` and PGlite have in common, and all that is needed here. */
type Client = PostgresClient & { query(sql: string, values: unknown[]): Promise<unknown> };
const { client, end } = await connect();
await client.query(`DROP SCHEMA IF EXISTS ml4t_example CASCADE`);
await client.query(`CREATE SCHEMA ml4t_example`);

// 1. A table of monthly returns and characteristics stands for yours.
const { batch: simulated } = simulateConditionalFactorPanel({ nAssets: 60, nDates: 100, nCharacteristics: 4, seed: 2 });
await client.query(
  `CREATE TABLE ml4t_example.panel (month date, ticker text, ret_next float8, c1 float8, c2 float8, c3 float8, c4 float8)`,
);
const { index, characteristics } = simulated;
const columnOf = (values: ArrayLike<number>, k: number, width: number): number[] =>
  Array.from({ length: index.nRows }, (_, row) => values[row * width + k]);
await client.query(
  `INSERT INTO ml4t_example.panel
   SELECT * FROM unnest($1::date[], $2::text[], $3::float8[], $4::float8[], $5::float8[], $6::float8[], $7::float8[])`,
  [
    monthOfEachRow(index),
    Array.from(index.assetIndex, (i) => index.assetIds[i]),
    columnOf(simulated.requireReturns('the table'), 0, 1),
    ...[0, 1, 2, 3].map((k) => columnOf(characteristics, k, 4)),
  ],
);

// 2. The training years, by a cursor, in parts of two years: memory is that of one part.
const columns = { returns: { column: 'ret_next', lag: 0 }, characteristics: ['c1', 'c2', 'c3', 'c4'] };
const query = (where: string): string => `SELECT * FROM ml4t_example.panel WHERE month ${where} ORDER BY month, ticker`;
const cut = formatTimestamp(index.timestamps[80]);
const training = { postgres: client, query: query(`< '${cut}'`) };
const model = new IPCAModel({ nFactors: 3 });
await model.fitStream(streamCrossSectionBatches(training, columns, { datesPerPart: 24 }));

// 3. The exposures of the years after, written back.
const { batch: test } = await readCrossSectionBatch({ postgres: client, query: query(`>= '${cut}'`) }, columns);
const state = await model.extract(test);
await client.query(
  `CREATE TABLE ml4t_example.exposures (month date, ticker text, factor int, beta float8, PRIMARY KEY (month, ticker, factor))`,
);
const rows = Array.from({ length: test.nRows * 3 }, (_, cell) => Math.floor(cell / 3));
const months = monthOfEachRow(test.index);
await client.query(
  `INSERT INTO ml4t_example.exposures SELECT * FROM unnest($1::date[], $2::text[], $3::int[], $4::float8[])`,
  [
    rows.map((row) => months[row]),
    rows.map((row) => test.assetIds[test.index.assetIndex[row]]),
    rows.map((_, cell) => 1 + (cell % 3)),
    Array.from(state.betas),
  ],
);

const { rows: written } = await client.query(
  `SELECT count(*)::int AS rows, count(DISTINCT month)::int AS months FROM ml4t_example.exposures`,
);
const { rows: version } = await client.query('SHOW server_version');
console.table([
  {
    server: (version[0] as { server_version: string }).server_version,
    'test months': test.nDates,
    'total R2': Number(totalR2(test.requireReturns('an R2'), state.fittedReturns()).toFixed(3)),
    exposures: (written[0] as { rows: number }).rows,
  },
]);
await client.query('DROP SCHEMA ml4t_example CASCADE');
await end();

function monthOfEachRow({ timestamps, rowOffsets, nDates }: PanelIndex): string[] {
  return Array.from({ length: nDates }, (_, t) =>
    Array<string>(rowOffsets[t + 1] - rowOffsets[t]).fill(formatTimestamp(timestamps[t])),
  ).flat();
}

async function connect(): Promise<{ client: Client; end: () => Promise<void> }> {
  if (process.env.DATABASE_URL) {
    const server = new pg.Client({ connectionString: process.env.DATABASE_URL });
    await server.connect();
    return { client: server, end: () => server.end() };
  }
  const embedded = await PGlite.create();
  return { client: embedded, end: () => embedded.close() };
}
