import { DataError, SourceError } from '@ml4t/core';
import { describe } from '@ml4t/core/authoring';
import { timestampColumn } from './column-search.ts';
import { isTextChunk, type Frame, type FrameColumn, type RowChunk, type RowRequest } from './frame.ts';
import { KeyDictionary } from './key-dictionary.ts';
import type { FieldSources } from './source-options.ts';
import { longFrame, wideLayout } from './wide-frame.ts';

/** A field of a wide panel: the long frame of its file. */
interface Field {
  readonly name: string;
  readonly frame: Frame;
  readonly timestamp: FrameColumn;
}

/** Several wide files, one for each field, as one long frame. Rows are gathered in memory: each file is read once, the dates in order. */
export async function openFields({ fields }: FieldSources, openPath: (path: string) => Promise<Frame>): Promise<Frame> {
  const entries = typeof fields === 'object' ? Object.entries(fields) : [];
  if (entries.length === 0 || entries.some(([, path]) => typeof path !== 'string'))
    throw new SourceError({
      field: 'source.fields',
      expected: "a path for each field: { close: 'close.csv' }",
      found: describe(fields),
      remedy: 'Name the wide files by what their cells hold.',
    });
  const opened: Field[] = [];
  const close = async (): Promise<void> => {
    for (const { frame } of opened) await frame.close();
  };
  try {
    for (const [name, path] of entries) {
      const frame = await openPath(path);
      opened.push({ name, frame, timestamp: timestampColumn(frame, 'columns.timestamp', undefined) });
      const roles = { layout: 'wide', prices: name, statedAt: (role: string) => `columns.${role}` } as const;
      const layout = wideLayout(frame, roles);
      if (layout) opened[opened.length - 1] = { ...opened[opened.length - 1], frame: longFrame(frame, layout) };
    }
  } catch (error) {
    await close();
    throw error;
  }
  const [{ timestamp, frame: first }] = opened;
  const other = opened.find((field) => field.timestamp.kind !== timestamp.kind);
  if (other) {
    await close();
    throw new SourceError({
      field: other.timestamp.name,
      expected: `dates of type ${timestamp.type}, as in ${first.label}`,
      found: `type ${other.timestamp.type} in ${other.frame.label}`,
      remedy: 'Write the dates of all files in one way.',
    });
  }
  const asset: FrameColumn = { name: 'asset', kind: 'text', isInteger: false, type: 'text' };
  const columns = opened.map(({ name }): FrameColumn => ({
    name,
    kind: 'number',
    isInteger: false,
    type: 'numbers across',
  }));
  const fieldOf = (column: FrameColumn): Field => opened[columns.indexOf(column)];
  return {
    label: entries.map(([, path]) => path).join(', '),
    columns: [timestamp, asset, ...columns],
    assetsAreText: true,
    isInMemory: true,
    requireNumeric: (column) => fieldOf(column).frame.requireNumeric(fieldOf(column).frame.columns[2]),
    countRows: () => Promise.resolve(undefined),
    skipsRows: () => true,
    read: async function* (request) {
      const rows = new FieldRows(request.numbers.length);
      for (const [k, column] of request.numbers.entries()) {
        const field = fieldOf(column);
        const own = {
          ...request,
          timestamp: field.timestamp,
          asset: field.frame.columns[1],
          numbers: [field.frame.columns[2]],
        };
        for await (const chunk of field.frame.read(own)) rows.add(k, chunk);
      }
      yield rows.chunk(request);
    },
    interrupt: () => {
      for (const { frame } of opened) frame.interrupt();
    },
    close,
  };
}

/** The cells of several fields, met one field after the other. */
class FieldRows {
  readonly #assets = new KeyDictionary();
  readonly #texts = new KeyDictionary();
  /** Milliseconds, or the code of a text, to the assets that have a row there. */
  readonly #dates = new Map<number, Map<number, number>>();
  readonly #values: number[][];
  #nRows = 0;

  constructor(nFields: number) {
    this.#values = Array.from({ length: nFields }, () => []);
  }

  add(field: number, { length, timestamps, assets, numbers: [numbers] }: RowChunk): void {
    const assetCodes = new Int32Array(length);
    assets.encode(this.#assets, assetCodes);
    const dates = isTextChunk(timestamps) ? new Int32Array(length) : timestamps.values;
    if (isTextChunk(timestamps)) timestamps.encode(this.#texts, dates as Int32Array);
    for (let i = 0; i < length; i++) {
      let rows = this.#dates.get(dates[i]);
      if (rows === undefined) this.#dates.set(dates[i], (rows = new Map()));
      let row = rows.get(assetCodes[i]);
      if (row === undefined) rows.set(assetCodes[i], (row = this.#nRows++));
      if (this.#values[field][row] !== undefined) throw repeated(this.#assets.keys[assetCodes[i]]);
      this.#values[field][row] = numbers.values[i];
    }
  }

  /** All rows, by date and asset: dates of texts in the order of their letters, which is that of ISO dates. */
  chunk(request: RowRequest): RowChunk {
    const isText = request.timestamp.kind === 'text' || this.#texts.keys.length > 0;
    const { keys } = this.#texts;
    const dates = [...this.#dates.keys()];
    dates.sort(isText ? (a, b) => (keys[a] < keys[b] ? -1 : 1) : (a, b) => a - b);
    const order: { readonly date: number; readonly asset: number; readonly row: number }[] = [];
    for (const date of dates)
      for (const [asset, row] of [...(this.#dates.get(date) ?? [])].sort(([a], [b]) => a - b))
        order.push({ date, asset, row });
    return {
      length: order.length,
      timestamps: isText
        ? {
            encode: (dictionary, codes) => {
              order.forEach(({ date }, i) => (codes[i] = date < 0 ? -1 : dictionary.codeOf(keys[date])));
            },
          }
        : { values: Float64Array.from(order, ({ date }) => date), validity: undefined, validityOffset: 0 },
      assets: {
        encode: (dictionary, codes) => {
          const codeOf = this.#assets.keys.map((id) => dictionary.codeOf(id));
          order.forEach(({ asset }, i) => (codes[i] = codeOf[asset]));
        },
      },
      numbers: this.#values.map((values) => ({
        values: Float64Array.from(order, ({ row }) => values[row] ?? Number.NaN),
        validity: undefined,
        validityOffset: 0,
      })),
    };
  }
}

function repeated(asset: string): DataError {
  return new DataError({
    field: 'rows',
    expected: 'each date once in every file of a field',
    found: `one that repeats, with a value of ${asset}`,
    remedy: 'Drop or merge the repeated rows.',
  });
}
