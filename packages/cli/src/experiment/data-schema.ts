import { findingCodes } from '@ml4t/core';
import * as z from 'zod';

const columnName = z.string().min(1);
const path = z.string().min(1);

const horizon = z
  .int()
  .min(1)
  .optional()
  .describe('dates that a return spans: lag where that is 1 or more, else 1; purge, lags and errors come from it');

const datedColumn = z.strictObject({
  column: columnName.describe('column of returns, as fractions unless data.returnsIn says otherwise'),
  lag: z
    .int()
    .min(0)
    .describe('0: the return is earned after the date of its row; k: it ends there, and is paired k dates back'),
  horizon,
  realisationLag: z
    .int()
    .min(1)
    .optional()
    .describe('dates until a return is known, where that is more than lag and horizon say'),
});

/** A column of returns with its lag, or of prices: one key says which. */
const returnsSchema = z
  .strictObject({
    ...datedColumn.partial().shape,
    prices: columnName
      .optional()
      .describe('column of adjusted prices, instead of column and lag: the return is p[t + horizon] / p[t] - 1'),
  })
  .check(({ value: { column, prices, lag, realisationLag }, issues }) => {
    const issue = (key: string, message: string): void =>
      void issues.push({ code: 'custom', input: undefined, path: [key], message });
    if ((column === undefined) === (prices === undefined)) issue('column', 'the name of a column, or prices: …');
    else if (column !== undefined && lag === undefined)
      issue('lag', 'a whole number of dates >= 0: 0 where the return is earned after its date, 1 where it ends there');
    else if (prices !== undefined && (lag ?? realisationLag) !== undefined)
      issue(
        lag === undefined ? 'realisationLag' : 'lag',
        'nothing beside prices: a return made of them comes after its date',
      );
  });

const sourceSchema = z
  .union([
    path,
    z.array(path).min(1),
    z.strictObject({
      query: z.string().min(1).describe('exactly one SELECT of DuckDB'),
      database: path.optional().describe('DuckDB database file, opened read-only'),
      allow: z
        .strictObject({ files: z.array(path).min(1) })
        .optional()
        .describe('files and patterns that the query may read'),
    }),
    z.strictObject({ fields: z.record(columnName, path).describe('a wide file for each field: { close: close.csv }') }),
  ])
  .describe(
    'Parquet, CSV (also .gz, .bz2) or Arrow file, a pattern, a list of files, { query } or { fields }: one row per (date, asset), or wide',
  );

const timestampFormat = z.enum(['yyyymm', 'yyyymmdd', 'epoch-seconds', 'epoch-milliseconds', 'excel-serial']);
const encoding = z.enum(['utf-8', 'utf-16le', 'utf-16be', 'windows-1252', 'iso-8859-1']);
const decimal = z.enum(['.', ',']);
const thousands = z.enum([',', '.', ' ', "'", '_']);
const missingList = z.array(z.union([z.string(), z.number()])).min(1);

const missingValues = z.union([missingList, z.record(columnName, missingList)]);

/** How a source beside the panel is written. */
const beside = {
  source: sourceSchema,
  timestamp: columnName.optional(),
  timestampFormat: timestampFormat.optional(),
  dateFormat: columnName.optional(),
  encoding: encoding.optional(),
  decimal: decimal.optional(),
  thousands: thousands.optional(),
  percent: z.boolean().optional(),
  missingValues: missingValues.optional(),
};

const joinSchema = z.strictObject({
  ...beside,
  asset: columnName.optional(),
  columns: z.array(columnName).min(1).optional().describe('columns to add; every numeric one where absent'),
  asOf: z
    .strictObject({
      lagDays: z.number().min(0).optional().describe('days after its date on which a record was public'),
      lagMonths: z.int().min(0).optional().describe('months after its date, instead of days'),
      maxAgeDays: z.number().positive().optional().describe('days after its date beyond which it counts no more'),
    })
    .optional()
    .describe('the latest record that was public on the date of the row; where absent, the record of the same date'),
});

const ratesIn = z.enum(['fraction', 'percent']).optional();

const riskFreeSchema = z.strictObject({
  ...beside,
  column: columnName,
  lag: z.int().min(0).max(1).describe('0: the rate from its date on; 1: the rate up to it'),
  in: ratesIn,
});

const benchmarkSchema = z
  .strictObject({
    ...beside,
    column: columnName.optional(),
    lag: z.int().min(0).max(1).optional(),
    prices: columnName.optional(),
    in: ratesIn,
  })
  .check(({ value: { column, lag, prices }, issues }) => {
    if ((column === undefined) === (prices === undefined) || (column === undefined) !== (lag === undefined))
      issues.push({ code: 'custom', input: undefined, path: ['column'], message: 'column with lag, or prices' });
  });

/** Where the panel comes from. Paths are relative to the experiment file. */
export const dataSchema = z.strictObject({
  source: sourceSchema,
  layout: z
    .enum(['long', 'wide'])
    .optional()
    .describe('wide: dates down, assets across, or columns such as close_AAPL; found by itself where it is plain'),
  timestamp: columnName.optional().describe('column of dates; found by its name (date, month, …) where absent'),
  timestampFormat: timestampFormat.optional().describe('needed when the dates are plain numbers'),
  dateFormat: columnName
    .optional()
    .describe("how dates that are text are written, in the letters of strptime: '%d/%m/%Y'"),
  timeZone: columnName
    .optional()
    .describe('where the days of timestamps with a zone are: America/New_York; UTC where absent'),
  alignDates: z
    .enum(['month', 'weekday'])
    .optional()
    .describe('month: each date becomes the last day of its month; weekday: Saturdays and Sundays are left out'),
  asset: columnName
    .optional()
    .describe('column of asset identifiers; found by its name (ticker, permno, …) where absent'),
  returns: returnsSchema.describe(
    '{ column, lag } or { prices }; there is no default for lag: a wrong one is a look-ahead',
  ),
  returnsIn: z
    .enum(['fraction', 'percent', 'log'])
    .optional()
    .describe('what returns are written in; fraction where absent'),
  factorReturns: datedColumn.optional().describe('returns used only to build managed portfolios'),
  delisting: z
    .strictObject({
      column: columnName.optional().describe("column of delisting returns, read in each asset's last row"),
      otherwise: z.number().min(-1).optional().describe('what is earned where there is none: -0.3'),
    })
    .optional()
    .describe('returns of assets that leave before the panel ends'),
  join: z
    .array(joinSchema)
    .min(1)
    .optional()
    .describe('characteristics from other files, one row for each asset and date'),
  riskFree: riskFreeSchema.optional().describe('rate that is subtracted from the returns'),
  benchmark: benchmarkSchema.optional().describe('what results are compared with: its returns go to diagnostics.json'),
  characteristics: z.array(columnName).min(1).optional().describe('every other numeric column where absent'),
  exclude: z.array(columnName).min(1).optional().describe('columns that are no characteristics'),
  context: z.array(columnName).min(1).optional().describe('series common to all assets'),
  preSpecifiedFactors: z
    .strictObject({
      columns: z.array(columnName).min(1).describe('the same in every row of a date, never missing'),
      lag: datedColumn.shape.lag,
    })
    .optional()
    .describe('returns of observable factors, for models that name some of them under preSpecifiedFactors'),
  encoding: encoding.optional().describe('of CSV files that are neither UTF-8 nor marked UTF-16'),
  decimal: decimal.optional().describe('decimal mark of numbers that are text'),
  thousands: thousands.optional().describe('mark between groups of three digits'),
  percent: z.boolean().optional().describe('an entry that ends in % is that many hundredths'),
  missingValues: missingValues
    .optional()
    .describe('entries that stand for nothing beside NA and the like: [-99.99, B], or by column'),
  hivePartitioning: z.boolean().optional().describe('folders called key=value are columns'),
  sort: z.boolean().default(false).describe('sort rows by date instead of refusing unsorted ones'),
  from: columnName.optional().describe('first day to read'),
  to: columnName.optional().describe('last day to read'),
  ignore: z
    .array(z.enum(findingCodes))
    .min(1)
    .optional()
    .describe('findings of `ml4t check` that were looked into and are meant'),
  maxGapDays: z.number().positive().optional().describe('refuse a panel with a longer gap between dates'),
  truth: z
    .strictObject({
      source: path.describe('file with the same (date, asset) rows, as `ml4t simulate` writes it'),
      expectedReturns: columnName.default('expected_return'),
      systematicReturns: columnName.default('systematic_return'),
    })
    .optional()
    .describe('the known truth of simulated data: adds the oracle to the results'),
});

type DataSettings = Readonly<z.output<typeof dataSchema>>;

/** What the returns of an experiment are called. */
export const returnsName = ({ returns }: Pick<DataSettings, 'returns'>): string =>
  returns.column ?? returns.prices ?? 'returns';

/** What a source is called in summaries. */
export function sourceName({ source }: Pick<DataSettings, 'source'>): string {
  if (typeof source === 'string') return source;
  if (Array.isArray(source)) return source.join(', ');
  return 'query' in source ? source.query : Object.values(source.fields).join(', ');
}

/** The same source with absolute paths. */
export function sourceFrom(
  source: DataSettings['source'],
  folder: string,
  absolute: (path: string) => string,
): DataSettings['source'] & { readonly folder?: string } {
  if (typeof source === 'string') return absolute(source);
  if (Array.isArray(source)) return source.map(absolute);
  if ('fields' in source)
    return { fields: Object.fromEntries(Object.entries(source.fields).map(([name, file]) => [name, absolute(file)])) };
  const { database, ...query } = source;
  return { ...query, folder, ...(database === undefined ? {} : { database: absolute(database) }) };
}
