import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readCrossSectionBatch, type PostgresClient } from '../../src/index.ts';
import { readingFailure } from '../failures.ts';
import { servers } from './servers.ts';

const row = "SELECT date '2014-01-31' AS date, text 'a' AS asset, 1.5 AS x";

type Answer = Awaited<ReturnType<PostgresClient['query']>>;

/** What a driver gives for several statements: the answer of each, or the one alone. */
const lastOf = (answers: unknown): Answer => (Array.isArray(answers) ? answers[answers.length - 1] : answers) as Answer;

describe.each(servers)('one SELECT of PostgreSQL: %s', (_, connect) => {
  const server = connect();
  // Drivers send text by the simple protocol, which takes several statements at a time, or by the extended one.
  const clients: [string, PostgresClient][] = [
    ['simple protocol', { query: async (sql) => lastOf(await server.exec(sql)) }],
    ['extended protocol', server],
  ];
  const kept = async (): Promise<unknown> =>
    (await server.query('SELECT (SELECT count(*)::int FROM users) AS users, (SELECT is_called FROM ids) AS drawn'))
      .rows;
  beforeAll(async () => {
    await server.exec('CREATE TABLE users AS SELECT 1 AS id; CREATE SEQUENCE ids');
  });
  afterAll(async () => {
    await server.close();
  });

  describe.each(clients)('%s', (_, client) => {
    it.each([
      row,
      `${row};`,
      `(${row})`,
      `-- one ; two\n${row} -- three ; four`,
      `/* a ; /* nested ; */ b */ ${row}`,
      `SELECT date '2014-01-31' AS date, $$;) SELECT$$ AS asset, 1.5 AS x`,
      `SELECT date '2014-01-31' AS date, $q$ $$ ; $q$ AS asset, 1.5 AS x`,
      `SELECT date '2014-01-31' AS date, $ml4t_a$ ; $ml4t_a$ AS asset, 1.5 AS x`,
      `SELECT date '2014-01-31' AS date, 'it''s \\' AS asset, 1.5 AS x`,
      `WITH t AS (${row}) TABLE t`,
      "SELECT * FROM (VALUES (date '2014-01-31', text 'a', 1.5)) AS t(date, asset, x)",
    ])('runs %s', async (query) => {
      const { batch } = await readCrossSectionBatch({ postgres: client, query }, { characteristics: ['x'] });
      expect([...batch.characteristics]).toEqual([1.5]);
    });

    it.each([
      'SELECT 1) AS x; DROP TABLE users; SELECT * FROM (SELECT 1',
      'SELECT 1) AS x; COMMIT; DROP TABLE users; SELECT * FROM (SELECT 1',
      'SELECT 1 -- )\n) AS x; COMMIT; DROP TABLE users; --',
      'SELECT 1) AS a, (SELECT 2',
      'COMMIT; DROP TABLE users',
      'DROP TABLE users',
      'TRUNCATE users',
      `${row}; DROP TABLE users`,
      `DROP TABLE users; ${row}`,
      `${row}; COMMIT; DELETE FROM users`,
      `${row}; ${row}`,
      'DELETE FROM users RETURNING id',
      'INSERT INTO users VALUES (2) RETURNING id',
      "WITH t AS (DELETE FROM users RETURNING *) SELECT date '2014-01-31' AS date, id AS asset, 1.0 AS x FROM t",
      'SELECT 1 AS x INTO others',
      'CREATE TABLE others AS SELECT 1 AS x',
      "COPY users TO '/ml4t-users.csv'",
      "SET TimeZone = 'UTC'",
      'SHOW TimeZone',
      `EXPLAIN ANALYZE ${row}`,
      `PREPARE p AS ${row}`,
      'BEGIN',
      'ROLLBACK; DROP TABLE users',
      'DO $$ BEGIN DROP TABLE users; END $$',
      'CALL nothing()',
      'LOCK TABLE users',
      'SELECT 1 AS x FROM users FOR UPDATE',
      '$$; DROP TABLE users; $$',
      "' ; DROP TABLE users; --",
      '/* ',
      '-- SELECT 1',
      `SELECT date '2014-01-31' AS date, nextval('ids') AS asset, 1.0 AS x`,
      `SELECT date '2014-01-31' AS date, set_config('transaction_read_only', 'off', true) AS asset, 1.0 AS x`,
    ])('refuses %s', async (query) => {
      expect((await readingFailure({ postgres: client, query })).code).toBe('source');
      expect(await kept()).toEqual([{ users: 1, drawn: false }]);
    });
  });
});
