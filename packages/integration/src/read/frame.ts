import type { KeyDictionary } from './key-dictionary.ts';
import type { TimestampFormat } from './source-options.ts';
import type { ReadNote } from './report.ts';

/** What a column of a source can be used for. */
export type ColumnKind = 'number' | 'boolean' | 'text' | 'date' | 'timestamp' | 'other';

export interface FrameColumn {
  readonly name: string;
  readonly kind: ColumnKind;
  /** True for whole numbers, which can be asset ids and, with a format, dates. */
  readonly isInteger: boolean;
  /** The source's own name of the type, for messages. */
  readonly type: string;
  /** True of timestamps that are moments, not what a clock said somewhere; and the zone they were written in, where it is known. */
  readonly isInstant?: boolean;
  readonly zone?: string | undefined;
  /** True where the whole column holds nothing. */
  readonly isEmpty?: boolean;
  /** Of a text column that may have been meant as numbers: an entry that is none, and whether others are. */
  readonly text?: string | undefined;
  readonly hasNumbers?: boolean;
}

/** Part of a numeric column: doubles, and a bitmap (least significant bit first; bit set: valid) where any is null. */
export interface NumberChunk {
  readonly values: Float64Array;
  readonly validity: Uint8Array | undefined;
  /** Position of the first row in the bitmap. */
  readonly validityOffset: number;
}

/** Part of a text column: writes the code of each row, -1 for null. */
export interface TextChunk {
  encode(dictionary: KeyDictionary, codes: Int32Array): void;
}

/** Some successive rows of a source, in its order, with the columns that were asked for. */
export interface RowChunk {
  readonly length: number;
  /** Milliseconds since 1970 UTC (NaN or null: no date; a fraction: finer than a millisecond), or text to be parsed. */
  readonly timestamps: NumberChunk | TextChunk;
  readonly assets: TextChunk;
  /** In the order of `RowRequest.numbers`. */
  readonly numbers: readonly NumberChunk[];
}

export interface RowRequest {
  readonly timestamp: FrameColumn;
  readonly timestampFormat: TimestampFormat | undefined;
  /** How dates that are text are written, in the letters of strptime; ISO 8601 where absent. */
  readonly dateFormat?: string | undefined;
  readonly asset: FrameColumn;
  readonly numbers: readonly FrameColumn[];
  /** A hint, in milliseconds: rows outside may be left out, or not. */
  readonly from: number;
  readonly to: number;
}

/** An open source of long rows. Files, queries and Arrow tables differ only behind this. */
export interface Frame {
  /** How messages call it: the path as given, `query`, `table`. */
  readonly label: string;
  readonly columns: readonly FrameColumn[];
  readonly notes?: readonly ReadNote[];
  /** True where every asset id is text, whatever type it looks like: the tickers TRUE and NaN in a CSV file. */
  readonly assetsAreText: boolean;
  /** True where the whole source is in memory while the frame is open. */
  readonly isInMemory: boolean;
  /** Throws a DataError or SourceError unless the column can be read as numbers. */
  requireNumeric(column: FrameColumn): Promise<void>;
  /** An upper bound of the rows that `read` will give, where it is cheap to know. */
  countRows(request: RowRequest): Promise<number | undefined>;
  read(request: RowRequest): AsyncIterable<RowChunk>;
  /**
   * In sources where an asset's id can look like a missing entry (the ticker NA in a CSV file): reads asset ids to the
   * letter, at the price of a slower pass. Used when `read` gave a row without an asset.
   */
  readonly readLiteral?: ((request: RowRequest) => AsyncIterable<RowChunk>) | undefined;
  /** True when chunks leave out rows, so that row numbers would mislead. */
  skipsRows(request: RowRequest): boolean;
  /**
   * Rows in date order, sorted beyond memory where need be, with asset ids to the letter. Absent where the source cannot;
   * the order within a date is left to the reader.
   */
  readonly readSorted?: ((request: RowRequest) => AsyncIterable<RowChunk>) | undefined;
  interrupt(): void;
  close(): void | Promise<void>;
}

export const isTextChunk = (chunk: NumberChunk | TextChunk): chunk is TextChunk => 'encode' in chunk;

/** Whether a row of a chunk is null. */
export function isNull(validity: Uint8Array | undefined, position: number): boolean {
  return validity !== undefined && ((validity[position >> 3] >> (position & 7)) & 1) === 0;
}
