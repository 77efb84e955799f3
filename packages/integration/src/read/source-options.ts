import type { Table } from 'apache-arrow';

/**
 * Where a long frame comes from: a file path or glob (`.parquet`, `.csv`, `.tsv`, also `.gz` and `.bz2`, `.arrow`, `.feather`), a
 * SQL query of DuckDB or PostgreSQL, an Arrow table in memory, or an iterator of rows or of chunks of columns.
 */
export type PanelSource =
  string | readonly string[] | QuerySource | PostgresSource | RowSource | ColumnChunkSource | FieldSources | Table;

/** Wide files, one for each field: `{ fields: { close: 'close.csv', volume: 'volume.csv' } }`. */
export interface FieldSources {
  readonly fields: Readonly<Record<string, string>>;
}

/** What a query may reach beyond its database. It never reaches a network. */
export interface QueryAccess {
  /**
   * Files and patterns that the query reads, each as the query spells it or absolute: `['prices/*.parquet', 'signals.csv']`.
   * A pattern means the files that it matches when the query is opened.
   */
  readonly files?: readonly string[] | undefined;
}

/**
 * Exactly one SELECT of DuckDB: over the tables of a DuckDB database, over the files that `allow` names
 * (`FROM 'prices/*.parquet'`), or over neither. Other statements, other files and the network are refused.
 */
export interface QuerySource {
  readonly query: string;
  /** Path of a DuckDB database file, opened read-only; in memory where absent. */
  readonly database?: string | undefined;
  /** Nothing where absent. */
  readonly allow?: QueryAccess | undefined;
  /** Where relative paths of the query and of `allow` begin; the working folder where absent. */
  readonly folder?: string | undefined;
}

/** A client of PostgreSQL, as far as it is needed here: one of `pg`, PGlite, and others with the same method. */
export interface PostgresClient {
  query(sql: string): Promise<{
    readonly rows: readonly unknown[];
    readonly fields?: readonly { readonly name: string; readonly dataTypeID: number }[];
  }>;
}

/**
 * Exactly one SELECT of PostgreSQL, described and read by a cursor in a read-only transaction: the client must not be in a
 * transaction of its own, nor be used for anything else until the reading ends. It stays open. What functions the SELECT
 * may call, and so what of the server it may read, is a matter of the rights of the client's role.
 */
export interface PostgresSource {
  readonly postgres: PostgresClient;
  readonly query: string;
  /** Rows in memory at a time (10,000). */
  readonly rowsPerFetch?: number | undefined;
}

/** What the values of a column are, where the values alone do not say it. */
export type CellKind = 'number' | 'text' | 'timestamp' | 'boolean';

/**
 * Rows one by one: an async generator, a stream of objects, an array. Numbers, bigints, booleans, text, Dates; null or
 * undefined for missing. They are read once, in order, as fast as the reader needs them.
 */
export interface RowSource {
  readonly rows: AsyncIterable<Record<string, unknown>> | Iterable<Record<string, unknown>>;
  /** Columns are found in the first 4,096 rows; `types` adds others, and makes text that holds numbers numeric. */
  readonly types?: Readonly<Record<string, CellKind>> | undefined;
}

/** Chunks of columns, arrays of equal length: `{ date: […], asset: […], x: Float64Array }`. Faster than rows. */
export interface ColumnChunkSource {
  readonly columns: AsyncIterable<Record<string, ArrayLike<unknown>>> | Iterable<Record<string, ArrayLike<unknown>>>;
  /** As in {@link RowSource}; columns are found in the first chunk. */
  readonly types?: Readonly<Record<string, CellKind>> | undefined;
}

/** How a column of numbers or digits tells the date. `yyyymm` means the last day of the month. */
export type TimestampFormat = 'yyyymm' | 'yyyymmdd' | 'epoch-seconds' | 'epoch-milliseconds' | 'excel-serial';

/** A column of returns, and how it is dated. */
export interface DatedColumn {
  readonly column: string;
  /**
   * 0: the column already holds the return earned after each row's date. k >= 1: it holds the return that ends at the
   * row's date, so that a row is paired with the value that the same asset has k panel dates later. No default: the
   * wrong choice is look-ahead.
   */
  readonly lag: number;
  /**
   * Dates that a return spans: `lag` where that is 1 or more, else 1. State it for returns over several dates with lag 0,
   * and for returns over fewer dates than their lag (one-day returns with a day's delay: lag 2, horizon 1).
   */
  readonly horizon?: number | undefined;
  /** Dates until a return is known, where that is more than lag and horizon say. */
  readonly realisationLag?: number | undefined;
}

/** A column of prices, of which the return after each row's date is made. */
export interface PriceReturns {
  /** Prices adjusted for splits and payments: p[t + horizon] / p[t] - 1. */
  readonly prices: string;
  /** Panel dates from one price to the other (1). */
  readonly horizon?: number | undefined;
}

/** Which characteristics to read: by name, or every numeric column that has no other role and is not excluded. */
export type CharacteristicSelection = readonly string[] | { readonly exclude: readonly string[] };

/** The characters of a text file; UTF-16 is found by itself. */
export type TextEncoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252' | 'iso-8859-1';

/** How the numbers of a source are written, where they are text: in CSV files, and in text columns of other sources. */
export interface NumberFormat {
  /** The decimal mark ('.'). */
  readonly decimal?: '.' | ',' | undefined;
  /** The mark between groups of three digits (none). */
  readonly thousands?: ',' | '.' | ' ' | "'" | '_' | undefined;
  /** True: an entry that ends in % is that many hundredths. */
  readonly percent?: boolean | undefined;
  /**
   * Entries that stand for nothing beside the usual ones (NA, null, an empty entry): vendors' codes such as -99.99, 'B' and 'C', for
   * all numeric columns, or by column: `{ ret: [-99, 'B'] }`. Numbers are compared by value, in every kind of source.
   */
  readonly missingValues?:
    readonly (string | number)[] | Readonly<Record<string, readonly (string | number)[]>> | undefined;
}

/** How a source is opened. */
export interface SourceOptions extends NumberFormat {
  /** Of CSV files ('utf-8'). */
  readonly encoding?: TextEncoding | undefined;
  /** True: a folder `year=2020` of a path of Parquet files is a column `year`. */
  readonly hivePartitioning?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}
