import { ConfigError, DataError, formatTimestamp, type CrossSectionBatch, type RunOptions } from '@ml4t/core';
import { alignRows } from '@ml4t/core/authoring';
import {
  readCrossSectionBatch,
  type BenchmarkSource,
  type PanelReadReport,
  type ReadOptions,
  type ReturnsColumn,
} from '@ml4t/integration';
import { errorUnder } from '../executor/worker-errors.ts';
import { counted } from '../terminal/words.ts';
import { returnsName } from './data-schema.ts';
import { timingWith } from './pre-specified-factors.ts';
import type { Experiment } from './schema.ts';

/** What the simulated truth says of every row of the panel, each (R). */
export interface Truth {
  /** beta' E[f]: the best possible forecast. */
  readonly expectedReturns: Float64Array;
  /** beta' f with the factor returns that came: everything but the noise. */
  readonly systematicReturns: Float64Array;
}

export interface ExperimentData {
  readonly batch: CrossSectionBatch;
  readonly report: PanelReadReport;
  /** Return of the benchmark after each date (T). */
  readonly benchmark: Float64Array | undefined;
  readonly truth: Truth | undefined;
}

/** Reads the panel of an experiment and, where given, the truth behind it. */
export async function readData(
  data: Experiment['data'],
  options: RunOptions & { readonly warn: (message: string) => void },
): Promise<ExperimentData> {
  if (data.characteristics && data.exclude)
    throw new ConfigError({
      field: 'experiment.data.exclude',
      expected: 'either characteristics or exclude',
      found: 'both',
      remedy: 'List the characteristics to use, or those to leave out.',
    });
  const {
    batch: read,
    report,
    series,
  } = await readPanel(data, options).catch((error: unknown) => {
    throw errorUnder(experimentKey, error);
  });
  const returns = read.requireReturns('an experiment');
  requireSomeReturns(returns, returnsName(data));
  const batch = read.withReturns(returns, timingWith(read, data.preSpecifiedFactors));
  for (const { found, remedy } of report.notes) options.warn(`${found}. ${remedy}`);
  if (report.gaps.length > 0) {
    const { after, before } = report.gaps[0];
    options.warn(
      `${counted(report.gaps.length, 'gap')} in the dates, the first between ${formatTimestamp(after)} and ` +
        `${formatTimestamp(before)}: a return earned after the date before a gap spans it`,
    );
  }
  return {
    batch,
    report,
    benchmark: series.benchmark,
    truth: data.truth ? await readTruth(data.truth, data, batch, options.signal) : undefined,
  };
}

function readPanel(data: Experiment['data'], options: RunOptions): ReturnType<typeof readCrossSectionBatch> {
  const { source, layout, timestamp, timestampFormat, asset, factorReturns, preSpecifiedFactors } = data;
  const context = preSpecifiedFactors ? [...(data.context ?? []), ...preSpecifiedFactors.columns] : data.context;
  return readCrossSectionBatch(
    source,
    {
      ...{ layout, timestamp, timestampFormat, asset, factorReturns, context },
      returns: returnsOf(data.returns),
      delisting: data.delisting,
      characteristics: data.characteristics ?? { exclude: data.exclude ?? [] },
    },
    {
      ...readOptionsOf(data),
      join: data.join,
      riskFree: data.riskFree,
      benchmark: benchmarkOf(data.benchmark),
      filter: { from: data.from, to: data.to },
      maxGapDays: data.maxGapDays,
      signal: options.signal,
      onProgress: options.onProgress,
    },
  );
}

function benchmarkOf(benchmark: Experiment['data']['benchmark']): BenchmarkSource | undefined {
  if (benchmark === undefined) return undefined;
  const { column, lag, prices, ...beside } = benchmark;
  return prices === undefined ? { ...beside, column: column ?? '', lag: lag ?? Number.NaN } : { ...beside, prices };
}

/** How the files of an experiment are read, its panel and the truth behind it. */
function readOptionsOf(data: Experiment['data']): ReadOptions {
  const { sort, encoding, decimal, thousands, percent, missingValues, hivePartitioning } = data;
  const { timeZone, dateFormat, alignDates, returnsIn } = data;
  return {
    ...{ sort, encoding, decimal, thousands, percent, missingValues, hivePartitioning },
    ...{ timeZone, dateFormat, alignDates, returnsIn },
  };
}

/** A column with its lag, or prices; the schema has seen to it that it is one of them. */
function returnsOf({ column, lag, prices, horizon, realisationLag }: Experiment['data']['returns']): ReturnsColumn {
  return prices === undefined
    ? { column: column ?? '', lag: lag ?? Number.NaN, horizon, realisationLag }
    : { prices, horizon };
}

/** Where the experiment says what a reader calls `columns.returns.column` or `options.filter.from`. */
function experimentKey(field: string): string {
  return field.replace(
    /^(columns\.(characteristics\.(?=exclude))?|options\.(filter\.)?|(?=source\b))/,
    'experiment.data.',
  );
}

async function readTruth(
  truth: NonNullable<Experiment['data']['truth']>,
  data: Experiment['data'],
  batch: CrossSectionBatch,
  signal: AbortSignal | undefined,
): Promise<Truth> {
  const { batch: known } = await readCrossSectionBatch(
    truth.source,
    {
      timestamp: data.timestamp,
      timestampFormat: data.timestampFormat,
      asset: data.asset,
      characteristics: [truth.expectedReturns, truth.systematicReturns],
    },
    { sort: data.sort, timeZone: data.timeZone, alignDates: data.alignDates, signal },
  );
  const column = (name: string): Float64Array => alignRows(known.index, known.characteristic(name), batch.index);
  const result = {
    expectedReturns: column(truth.expectedReturns),
    systematicReturns: column(truth.systematicReturns),
  };
  const missing = result.expectedReturns.findIndex((value) => Number.isNaN(value));
  if (missing >= 0)
    throw new DataError({
      field: 'experiment.data.truth.source',
      expected: 'a row for every (date, asset) of the panel',
      found: `none for row ${missing} of the panel`,
      remedy: 'Pass the truth file written together with the panel.',
    });
  return result;
}

function requireSomeReturns(returns: Float64Array, column: string): void {
  if (returns.some((value) => Number.isFinite(value))) return;
  throw new DataError({
    field: `returns (${column})`,
    expected: 'at least one return',
    found: 'only missing values',
    remedy: 'Check the column, and its lag.',
  });
}
