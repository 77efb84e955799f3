import { ConfigError, DataError, Ml4tError, SourceError } from '@ml4t/core';
import { describe } from '@ml4t/core/authoring';
import type { ColumnKind, Frame, FrameColumn, RowChunk, RowRequest } from '../read/frame.ts';
import { Interruptible } from '../read/interruptible.ts';
import type { CellKind, ColumnChunkSource, RowSource } from '../read/source-options.ts';
import { rowChunk, type CellChunk } from './cells.ts';

/** Rows gathered into one chunk. */
const rowsPerChunk = 4096;

/** A source of JavaScript values. The first chunk is read at once, to see which columns there are. */
export async function openRows(source: RowSource | ColumnChunkSource): Promise<Frame> {
  const isRows = 'rows' in source;
  const label = isRows ? 'rows' : 'columns';
  const iterable: unknown = isRows ? source.rows : source.columns;
  requireIterable(label, iterable);
  const iterator = (isRows ? cellsOfRows(iterable) : cellsOfColumns(iterable))[Symbol.asyncIterator]();
  const waiting = new Interruptible();
  const next = async (): Promise<NamedCells | undefined> => {
    const step = await waiting
      .wait(() => iterator.next())
      .catch((error: unknown) => {
        throw sourceFailure(label, error);
      });
    return step.done ? undefined : step.value;
  };
  const first = await next();
  const close = async (): Promise<void> => {
    // The reader may have stopped early: whatever stands behind the rows is told. What hangs is not waited for.
    const closed = iterator.return(undefined);
    if (waiting.isBusy) closed.catch(() => undefined);
    else await closed;
  };
  let columns: FrameColumn[];
  try {
    columns = describeColumns(first, source.types ?? {});
  } catch (error) {
    await close();
    throw error;
  }
  return {
    label,
    columns,
    assetsAreText: false,
    isInMemory: false,
    requireNumeric: (column) =>
      column.kind === 'number' || column.kind === 'boolean' || column.type === 'null'
        ? Promise.resolve()
        : Promise.reject(notNumeric(column, label)),
    countRows: () => Promise.resolve(undefined),
    skipsRows: () => false,
    read: async function* (request: RowRequest): AsyncGenerator<RowChunk> {
      let firstRow = 0;
      for (let cells = first; cells !== undefined; cells = await next()) {
        if (cells.length === 0) continue;
        yield rowChunk(cells, request, { label, firstRow });
        firstRow += cells.length;
      }
    },
    interrupt: () => {
      waiting.interrupt();
    },
    close,
  };
}

/** A chunk whose columns can be listed, with the values of each. */
interface NamedCells extends CellChunk {
  samples(): Map<string, readonly unknown[]>;
}

async function* cellsOfRows(iterable: AnyIterable): AsyncGenerator<NamedCells, undefined> {
  let rows: Record<string, unknown>[] = [];
  let seen = 0;
  for await (const row of iterable) {
    if (typeof row !== 'object' || row === null || Array.isArray(row)) throw notARow(`rows (row ${seen + 1})`, row);
    rows.push(row as Record<string, unknown>);
    seen++;
    if (rows.length === rowsPerChunk) {
      yield namedRows(rows);
      rows = [];
    }
  }
  if (rows.length > 0) yield namedRows(rows);
}

function namedRows(rows: readonly Record<string, unknown>[]): NamedCells {
  return {
    length: rows.length,
    column: (name) => (row) => rows[row][name],
    samples: () => {
      const values = new Map<string, unknown[]>();
      for (const row of rows)
        for (const [name, value] of Object.entries(row)) {
          const known = values.get(name);
          if (known) known.push(value);
          else values.set(name, [value]);
        }
      return values;
    },
  };
}

async function* cellsOfColumns(iterable: AnyIterable): AsyncGenerator<NamedCells, undefined> {
  let chunk = 0;
  for await (const columns of iterable) {
    chunk++;
    if (typeof columns !== 'object' || columns === null || Array.isArray(columns))
      throw notARow(`columns (chunk ${chunk})`, columns);
    const entries = Object.entries(columns as Record<string, unknown>);
    const length = entries.length === 0 ? 0 : requireArray(entries[0], chunk).length;
    for (const entry of entries) {
      const values = requireArray(entry, chunk);
      if (values.length !== length)
        throw new DataError({
          field: `${entry[0]} (chunk ${chunk} of columns)`,
          expected: `${length} entries, like ${entries[0][0]}`,
          found: String(values.length),
          remedy: 'Give every column of a chunk one entry for each row.',
        });
    }
    const named = columns as Record<string, ArrayLike<unknown>>;
    yield {
      length,
      column: (name) => named[name],
      samples: () => new Map(entries.map((entry) => [entry[0], Array.from(requireArray(entry, chunk))])),
    };
  }
}

function requireArray([name, values]: [string, unknown], chunk: number): ArrayLike<unknown> {
  if (Array.isArray(values) || (ArrayBuffer.isView(values) && 'length' in values)) return values as ArrayLike<unknown>;
  throw new DataError({
    field: `${name} (chunk ${chunk} of columns)`,
    expected: 'an array or a typed array',
    found: describe(values),
    remedy: 'Pass each chunk as { name: values, … }.',
  });
}

function describeColumns(cells: NamedCells | undefined, types: Readonly<Record<string, CellKind>>): FrameColumn[] {
  const samples = cells?.samples() ?? new Map<string, readonly unknown[]>();
  for (const [name, kind] of Object.entries(types))
    if (!['number', 'text', 'timestamp', 'boolean'].includes(kind))
      throw new ConfigError({
        field: `source.types.${name}`,
        expected: "'number', 'text', 'timestamp' or 'boolean'",
        found: describe(kind),
        remedy: 'Say what the values of the column are.',
      });
  const names = new Set([...samples.keys(), ...Object.keys(types)]);
  return [...names].map((name) => {
    const values = (samples.get(name) ?? []).filter((value) => value !== null && value !== undefined);
    const kind = types[name] ?? kindOf(values[0]);
    return {
      name,
      kind,
      // Every one counts: a column of prices may start with whole numbers.
      isInteger:
        kind === 'number' && values.length > 0 && values.every((x) => typeof x === 'bigint' || Number.isInteger(x)),
      type: types[name] ?? typeName(values[0]),
      isInstant: kind === 'timestamp',
    };
  });
}

function kindOf(value: unknown): ColumnKind {
  if (typeof value === 'number' || typeof value === 'bigint') return 'number';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'string') return 'text';
  return value instanceof Date ? 'timestamp' : 'other';
}

function typeName(value: unknown): string {
  if (value === undefined) return 'null';
  if (typeof value === 'object' && value !== null) return value.constructor.name;
  return typeof value;
}

type AnyIterable = AsyncIterable<unknown> | Iterable<unknown>;

function requireIterable(label: string, value: unknown): asserts value is AnyIterable {
  if (typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value))
    return;
  throw new SourceError({
    field: `source.${label}`,
    expected: 'something to iterate over: an async generator, a stream of objects, an array',
    found: describe(value),
    remedy: label === 'rows' ? 'Pass { rows: asyncIterable }.' : 'Pass { columns: asyncIterable }.',
  });
}

function notNumeric(column: FrameColumn, label: string): SourceError {
  return new SourceError({
    field: `${column.name} (in ${label})`,
    expected: 'a numeric column',
    found: `type ${column.type}`,
    remedy: `Leave it out; if it holds numbers written as text, say so: types: { ${JSON.stringify(column.name)}: 'number' }.`,
  });
}

function notARow(field: string, found: unknown): DataError {
  return new DataError({
    field,
    expected: 'an object of named values',
    found: describe(found),
    remedy: 'Give each row (or chunk of columns) as an object whose keys are column names.',
  });
}

/** An error of whatever stands behind the rows. */
function sourceFailure(label: string, error: unknown): Error {
  if (error instanceof Ml4tError) return error;
  return new SourceError({
    field: label,
    expected: 'to be read to the end',
    found: JSON.stringify(error instanceof Error ? error.message.split('\n', 1)[0] : String(error)),
    remedy: 'See the cause: the error came from the iterator that gives the rows.',
    cause: error,
  });
}
