import { SourceError } from '@ml4t/core';
import type { ColumnRoles } from './column-roles.ts';
import {
  isNull,
  isTextChunk,
  type Frame,
  type FrameColumn,
  type NumberChunk,
  type RowChunk,
  type TextChunk,
} from './frame.ts';
import { KeyDictionary } from './key-dictionary.ts';
import { findColumn, hasAssetColumn, isIndexColumn, sameName, timestampColumn } from './column-search.ts';

/** A wide frame, dates down and assets across, as the long one that readers take. */
export interface WideLayout {
  readonly timestamp: FrameColumn;
  readonly assets: readonly string[];
  /** Each field with the column of every asset, undefined where it has none. */
  readonly fields: readonly { readonly name: string; readonly columns: readonly (FrameColumn | undefined)[] }[];
}

/** What the values of a wide frame are called where nothing names them. */
const valueName = 'value';
/** Fields of prices and volumes as vendors call them, for column groups that no role names. */
const usualFields =
  /^(adj[ _]?close|close|open|high|low|price|px_last|prc|volume|vwap|ret|return|returns|mktcap|market_cap|shares)$/i;

/**
 * The layout of a wide frame, or undefined for a long one: as stated, or found where it is plain. It is plain where no column names
 * assets, none of the stated roles is a column, and every column beside the dates holds numbers.
 */
export function wideLayout(frame: Frame, roles: ColumnRoles): WideLayout | undefined {
  if (roles.layout === 'long') return undefined;
  if (roles.series !== undefined) {
    const timestamp = timestampColumn(frame, roles.statedAt('timestamp'), roles.timestamp);
    const column = findColumn(frame, roles.statedAt('characteristics'), roles.series);
    return { timestamp, assets: ['series'], fields: [{ name: roles.series, columns: [column] }] };
  }
  const stated = statedNames(roles);
  if (roles.layout === undefined && !isPlainlyWide(frame, roles, stated)) return undefined;
  const timestamp = timestampColumn(frame, roles.statedAt('timestamp'), roles.timestamp);
  const columns = frame.columns.filter((column) => column !== timestamp && !isIndexColumn(column));
  if (columns.length === 0)
    throw new SourceError({
      field: frame.label,
      expected: 'a column for each asset',
      found: 'dates alone',
      remedy: 'Check the file, or its layout.',
    });
  return grouped(timestamp, columns, stated) ?? oneField(frame, timestamp, columns, stated);
}

/** Names that the roles give to columns. */
function statedNames({ returns, factorReturns, prices, characteristics, context }: ColumnRoles): readonly string[] {
  const listed = Array.isArray(characteristics)
    ? (characteristics as readonly string[])
    : ((characteristics as { readonly exclude?: readonly string[] } | undefined)?.exclude ?? []);
  return [returns?.column, factorReturns?.column, prices, ...listed, ...(context ?? [])].filter(
    (name) => typeof name === 'string',
  );
}

function isPlainlyWide(frame: Frame, roles: ColumnRoles, stated: readonly string[]): boolean {
  if (roles.asset !== undefined || hasAssetColumn(frame) || frame.columns.length < 3) return false;
  let timestamp: FrameColumn;
  try {
    timestamp = timestampColumn(frame, 'columns.timestamp', roles.timestamp);
  } catch {
    return false;
  }
  return frame.columns.every(
    (column) =>
      column === timestamp ||
      ((column.kind === 'number' || column.isEmpty === true) && !stated.some((name) => sameName(name, column.name))),
  );
}

/** All columns are assets, and their values go by the name that a role gives them. */
function oneField(
  frame: Frame,
  timestamp: FrameColumn,
  columns: readonly FrameColumn[],
  stated: readonly string[],
): WideLayout {
  const own = columns.find(({ name }) => stated.some((other) => sameName(other, name)));
  if (own)
    throw new SourceError({
      field: 'columns.layout',
      expected: 'a column for each asset',
      found: `${JSON.stringify(own.name)}, which a role names, as a column of ${frame.label}`,
      remedy:
        'A file of one asset is long: add a column with its id. Columns of several fields are called field_asset.',
    });
  return {
    timestamp,
    assets: columns.map(({ name }) => name),
    fields: [{ name: stated.at(0) ?? valueName, columns }],
  };
}

/** Columns called field_asset or asset_field, every field for every asset. */
function grouped(
  timestamp: FrameColumn,
  columns: readonly FrameColumn[],
  stated: readonly string[],
): WideLayout | undefined {
  for (const separator of ['_', '.', ':', '|', ' ', '/', '-']) {
    for (const fieldFirst of [true, false]) {
      const parts = columns.map(({ name }) => splitName(name, separator, fieldFirst));
      if (!parts.every((part) => part !== undefined)) continue;
      const fields = [...new Set(parts.map(({ field }) => field))];
      const assets = [...new Set(parts.map(({ asset }) => asset))];
      const isNamed = stated.length > 0 && stated.every((name) => fields.some((field) => sameName(field, name)));
      if (!isNamed && !fields.every((field) => usualFields.test(field))) continue;
      const at = new Map(parts.map(({ field, asset }, k) => [`${field}\0${asset}`, columns[k]]));
      return {
        timestamp,
        assets,
        fields: fields.map((name) => ({ name, columns: assets.map((asset) => at.get(`${name}\0${asset}`)) })),
      };
    }
  }
  return undefined;
}

function splitName(
  name: string,
  separator: string,
  fieldFirst: boolean,
): { readonly field: string; readonly asset: string } | undefined {
  // A tuple of pandas: ('close', 'AAPL').
  const tuple = /^\('(.*)', '(.*)'\)$/.exec(name);
  const at = fieldFirst ? name.indexOf(separator) : name.lastIndexOf(separator);
  const [first, second] = tuple ? [tuple[1], tuple[2]] : [name.slice(0, at), name.slice(at + separator.length)];
  if ((!tuple && at <= 0) || first === '' || second === '') return undefined;
  return fieldFirst ? { field: first, asset: second } : { field: second, asset: first };
}

/** Rows of one part of the long frame. */
const rowsPerChunk = 1 << 16;

/** The long frame of a wide one: a row for every date and asset that has a value in any of the fields asked for. */
export function longFrame(frame: Frame, layout: WideLayout): Frame {
  const asset: FrameColumn = { name: 'asset', kind: 'text', isInteger: false, type: 'text' };
  const fields = layout.fields.map(({ name }): FrameColumn => ({
    name,
    kind: 'number',
    isInteger: false,
    type: 'numbers across',
  }));
  const { timestamp, assets } = layout;
  const columnsOf = (column: FrameColumn): readonly (FrameColumn | undefined)[] =>
    layout.fields[fields.indexOf(column)].columns;
  return {
    ...frame,
    columns: [timestamp, asset, ...fields],
    assetsAreText: true,
    requireNumeric: async (column) => {
      for (const each of columnsOf(column)) if (each) await frame.requireNumeric(each);
    },
    countRows: () => Promise.resolve(undefined),
    // Rows of the long frame are not those of the file.
    skipsRows: () => true,
    readLiteral: undefined,
    readSorted: undefined,
    read: async function* (request) {
      const asked = request.numbers.map((column) => columnsOf(column));
      const wanted = [...new Set(asked.flat().filter((column) => column !== undefined))];
      const position = new Map(wanted.map((column, k) => [column, k]));
      // Every source gives a column of ids; of these rows the dates are all that there is.
      const rows = frame.read({ ...request, timestamp, asset: timestamp, numbers: wanted });
      for await (const chunk of rows) {
        const step = Math.max(1, Math.floor(rowsPerChunk / assets.length));
        for (let first = 0; first < chunk.length; first += step)
          yield longChunk(chunk, first, Math.min(chunk.length, first + step), assets, asked, (column) =>
            column === undefined ? undefined : chunk.numbers[position.get(column) ?? 0],
          );
      }
    },
  };
}

function longChunk(
  chunk: RowChunk,
  first: number,
  last: number,
  assets: readonly string[],
  asked: readonly (readonly (FrameColumn | undefined)[])[],
  numbersOf: (column: FrameColumn | undefined) => NumberChunk | undefined,
): RowChunk {
  const capacity = (last - first) * assets.length;
  const values = asked.map(() => new Float64Array(capacity));
  const sourceRow = new Int32Array(capacity);
  const assetOf = new Int32Array(capacity);
  const sources = asked.map((columns) => columns.map(numbersOf));
  let length = 0;
  for (let row = first; row < last; row++)
    for (let a = 0; a < assets.length; a++) {
      let hasValue = false;
      for (let k = 0; k < sources.length; k++) {
        const source = sources[k][a];
        const value =
          source === undefined || isNull(source.validity, source.validityOffset + row)
            ? Number.NaN
            : source.values[row];
        values[k][length] = value;
        hasValue ||= !Number.isNaN(value);
      }
      if (!hasValue) continue;
      sourceRow[length] = row;
      assetOf[length++] = a;
    }
  return {
    length,
    timestamps: spreadStamps(chunk.timestamps, chunk.length, sourceRow, length),
    assets: {
      encode: (dictionary, codes) => {
        const codeOf = assets.map((id) => dictionary.codeOf(id));
        for (let i = 0; i < length; i++) codes[i] = codeOf[assetOf[i]];
      },
    },
    numbers: values.map((column) => ({ values: column, validity: undefined, validityOffset: 0 })),
  };
}

function spreadStamps(
  stamps: NumberChunk | TextChunk,
  nRows: number,
  sourceRow: Int32Array,
  length: number,
): NumberChunk | TextChunk {
  if (!isTextChunk(stamps)) {
    const values = new Float64Array(length);
    for (let i = 0; i < length; i++) {
      const row = sourceRow[i];
      values[i] = isNull(stamps.validity, stamps.validityOffset + row) ? Number.NaN : stamps.values[row];
    }
    return { values, validity: undefined, validityOffset: 0 };
  }
  const own = new KeyDictionary();
  const ownCodes = new Int32Array(nRows);
  stamps.encode(own, ownCodes);
  return {
    encode: (dictionary, codes) => {
      const codeOf = own.keys.map((key) => dictionary.codeOf(key));
      for (let i = 0; i < length; i++) {
        const code = ownCodes[sourceRow[i]];
        codes[i] = code < 0 ? -1 : codeOf[code];
      }
    },
  };
}
