import { randomUUID } from 'node:crypto';
import { ConfigError, Ml4tError, SourceError } from '@ml4t/core';
import { describe } from '@ml4t/core/authoring';
import { sqlName } from '../duckdb/connection.ts';
import type { ColumnKind, Frame, FrameColumn, RowChunk, RowRequest } from '../read/frame.ts';
import { Interruptible } from '../read/interruptible.ts';
import type { PostgresSource } from '../read/source-options.ts';
import { doubles, texts, type CellChunk } from '../rows/cells.ts';

/**
 * Reads a query of PostgreSQL by a server-side cursor: linear in the rows, and no more of them in memory than one fetch.
 *
 * Values are converted by the server (numbers to float8, timestamps to milliseconds, ids to text), so that nothing
 * depends on how a driver reads dates or NUMERIC: node-postgres takes a DATE for midnight in the machine's own zone.
 */
export async function openPostgres(source: PostgresSource): Promise<Frame> {
  const { postgres: client, query, rowsPerFetch = 10_000 } = source;
  requireClient(client);
  if (typeof query !== 'string' || query.trim() === '')
    throw new SourceError({
      field: 'source.query',
      expected: 'a SELECT',
      found: describe(query),
      remedy: "Pass { postgres: client, query: 'SELECT … FROM …' }.",
    });
  if (!Number.isInteger(rowsPerFetch) || rowsPerFetch < 1)
    throw new ConfigError({
      field: 'source.rowsPerFetch',
      expected: 'a whole number >= 1',
      found: describe(rowsPerFetch),
      remedy: 'Leave it out for 10,000.',
    });
  // The line break ends a trailing comment.
  const relation = `(${query.trim().replace(/;\s*$/, '')}\n) AS frame`;
  const waiting = new Interruptible();
  const run = async (sql: string): Promise<PostgresAnswer> => {
    try {
      return await waiting.wait(() => client.query(sql));
    } catch (error) {
      throw queryError(error);
    }
  };
  /** Opens a cursor over one SELECT in a read-only transaction; whoever is done with it calls `end`. */
  const begin = async (sql: string): Promise<void> => {
    await run('BEGIN READ ONLY');
    await run(openCursor(sql));
  };
  const end = async (): Promise<void> => {
    // Ends the cursor too. When the connection is gone, the error that matters is the one before.
    // A fetch that was given up on is not waited for: the server takes the ROLLBACK after it.
    const ended = client.query('ROLLBACK').catch(() => undefined);
    if (!waiting.isBusy) await ended;
  };
  const read = async function* (request: RowRequest, sorted: boolean): AsyncGenerator<RowChunk> {
    try {
      await begin(select(relation, request, sorted));
      for (let firstRow = 0; ;) {
        const { rows } = await run(`FETCH ${rowsPerFetch} FROM ${cursor}`);
        if (rows.length === 0) return;
        yield fetchedChunk(rows as readonly Record<string, unknown>[], request, firstRow);
        firstRow += rows.length;
      }
    } finally {
      await end();
    }
  };
  const describeColumns = async (): Promise<FrameColumn[]> => {
    try {
      // By itself, so that no parenthesis of it can end the one that it is put into afterwards.
      await begin(query);
      const { fields = [] } = await run(`FETCH 0 FROM ${cursor}`);
      return fields.map(({ name, dataTypeID }) => columnOf(name, dataTypeID));
    } finally {
      await end();
    }
  };
  const columns = await describeColumns();
  return {
    label: 'query',
    columns,
    assetsAreText: false,
    isInMemory: false,
    requireNumeric: (column) =>
      column.kind === 'number' || column.kind === 'boolean'
        ? Promise.resolve()
        : Promise.reject(
            new SourceError({
              field: `${column.name} (in query)`,
              expected: 'a numeric column',
              found: `type ${column.type}`,
              remedy: 'Leave it out of the characteristics, returns and context, or cast it in the query.',
            }),
          ),
    countRows: () => Promise.resolve(undefined),
    skipsRows: (request) => dateFilter(request) !== '',
    read: (request) => read(request, false),
    readSorted: (request) => read(request, true),
    interrupt: () => {
      waiting.interrupt();
    },
    close: () => undefined,
  };
}

interface PostgresAnswer {
  readonly rows: readonly unknown[];
  readonly fields?: readonly { readonly name: string; readonly dataTypeID: number }[];
}

const cursor = 'ml4t_frame';

/**
 * Opens the cursor over a text by the server's own parser: `OPEN … FOR EXECUTE` refuses a text of several statements, or of
 * one that is not a query, before any of it runs, whatever protocol the client speaks. Sent by itself, a text with
 * semicolons would run statement by statement, COMMIT among them.
 */
function openCursor(sql: string): string {
  const [body, text] = dollarQuotes(sql);
  return `DO ${body} DECLARE frame refcursor := '${cursor}'; BEGIN OPEN frame NO SCROLL FOR EXECUTE ${text}${sql}${text}; END ${body}`;
}

/** Two quotes that a text does not hold. Between them nothing is an escape, whatever the server's settings. */
function dollarQuotes(text: string): readonly [string, string] {
  for (;;) {
    const tag = `ml4t_${randomUUID().replaceAll('-', '')}`;
    if (!text.includes(tag)) return [`$${tag}_a$`, `$${tag}_b$`];
  }
}

function requireClient(client: unknown): void {
  const isClient =
    typeof client === 'object' && client !== null && 'query' in client && typeof client.query === 'function';
  const isPool = isClient && 'totalCount' in client && 'idleCount' in client;
  if (isClient && !isPool) return;
  throw new ConfigError({
    field: 'source.postgres',
    expected: 'one client: something with query(text), as of pg or PGlite',
    found: isPool ? 'a pool' : describe(client),
    remedy: isPool
      ? 'A cursor lives on one connection: pass `await pool.connect()` and release it afterwards.'
      : 'Connect a client and pass it.',
  });
}

/** Types of PostgreSQL's catalogue by their fixed numbers. */
const types: Readonly<Record<number, readonly [string, ColumnKind]>> = {
  16: ['boolean', 'boolean'],
  19: ['name', 'text'],
  20: ['bigint', 'number'],
  21: ['smallint', 'number'],
  23: ['integer', 'number'],
  25: ['text', 'text'],
  700: ['real', 'number'],
  701: ['double precision', 'number'],
  1042: ['character', 'text'],
  1043: ['character varying', 'text'],
  1082: ['date', 'date'],
  1114: ['timestamp', 'timestamp'],
  1184: ['timestamp with time zone', 'timestamp'],
  1700: ['numeric', 'number'],
  2950: ['uuid', 'text'],
};

function columnOf(name: string, typeId: number): FrameColumn {
  const [type, kind] = types[typeId] ?? [`number ${typeId} of pg_type`, 'other'];
  return { name, kind, isInteger: [20, 21, 23].includes(typeId), type, isInstant: typeId === 1184 };
}

const isDated = (column: FrameColumn): boolean => column.kind === 'date' || column.kind === 'timestamp';

/** What the cursor gives: t (milliseconds, or text to be parsed), a (text), n0, n1, … (float8). */
function select(relation: string, request: RowRequest, sorted: boolean): string {
  const { timestamp, asset, numbers } = request;
  const stamp = sqlName(timestamp.name);
  const values = numbers.map(({ name, kind }, k) => {
    const value = kind === 'boolean' ? `CAST(${sqlName(name)} AS integer)` : sqlName(name);
    return `CAST(${value} AS double precision) AS n${k}`;
  });
  const time = isDated(timestamp)
    ? `CAST(extract(epoch FROM ${stamp}) * 1000 AS double precision)`
    : `CAST(${stamp} AS text)`;
  const list = [`${time} AS t`, `CAST(${sqlName(asset.name)} AS text) AS a`, ...values];
  // Byte order is date order for ISO text; the reader checks it either way.
  const key = timestamp.kind === 'text' ? `${stamp} COLLATE "C"` : stamp;
  return `SELECT ${list.join(', ')} FROM ${relation}${dateFilter(request)}${sorted ? ` ORDER BY ${key} NULLS FIRST` : ''}`;
}

function dateFilter({ timestamp, from, to }: RowRequest): string {
  if (!isDated(timestamp)) return '';
  const stamp = `extract(epoch FROM ${sqlName(timestamp.name)}) * 1000`;
  const bounds = [
    ...(from === -Infinity ? [] : [`${stamp} >= ${from}`]),
    ...(to === Infinity ? [] : [`${stamp} <= ${to}`]),
  ];
  return bounds.length === 0 ? '' : ` WHERE (${bounds.join(' AND ')}) OR ${sqlName(timestamp.name)} IS NULL`;
}

function fetchedChunk(rows: readonly Record<string, unknown>[], request: RowRequest, firstRow: number): RowChunk {
  const origin = { label: 'query', firstRow };
  const cellsOf = (alias: string): CellChunk => ({ length: rows.length, column: () => (row) => rows[row][alias] });
  // The server made them float8; a driver may still hand them over as text.
  const number = (column: FrameColumn): FrameColumn => ({ ...column, kind: 'number' });
  return {
    length: rows.length,
    timestamps: isDated(request.timestamp)
      ? doubles(cellsOf('t'), number(request.timestamp), origin)
      : texts(cellsOf('t'), request.timestamp, origin),
    assets: texts(cellsOf('a'), request.asset, origin),
    numbers: request.numbers.map((column, k) => doubles(cellsOf(`n${k}`), number(column), origin)),
  };
}

function queryError(error: unknown): Error {
  if (error instanceof Ml4tError) return error;
  const message = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
  return new SourceError({
    field: 'query',
    expected: 'one SELECT that PostgreSQL can run',
    found: JSON.stringify(message),
    remedy: 'Correct the query, or look at the connection: see the cause.',
    cause: error,
  });
}
