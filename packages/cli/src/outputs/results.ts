import { writeFile } from 'node:fs/promises';
import {
  AssetForecastResult,
  AssetSignalResult,
  AssetWeightsResult,
  FactorForecastResult,
  type CrossSectionBatch,
} from '@ml4t/core';
import { factorTable, predictionsTable, signalsTable, weightsTable, type CsvOptions } from '@ml4t/integration';
import {
  outOfSample,
  predictedRows,
  type ExperimentRecord,
  type ModelRecord,
  type PredictedRows,
} from '../experiment/record.ts';
import { outputFormats, type Experiment, type OutputFormat } from '../experiment/schema.ts';
import { factorsOnly, frameFile, stackTables, type FrameTable } from './frames.ts';
import { writeTogether, type OutputFile } from './generation.ts';
import type { WrittenFile } from './ownership.ts';

/** Where results go, and how. */
export interface OutputTarget {
  readonly directory: string;
  readonly format: OutputFormat;
  readonly csv?: CsvOptions | undefined;
}

export const summaryName = 'summary.json';
/** What speaks for the files of a run. */
export const summaryNames: readonly string[] = [summaryName, 'summary.partial.json'];
export const diagnosticsName = 'diagnostics.json';
export const reportName = 'report.html';
const frameNames = ['predictions', 'weights', 'factors'] as const;
type FrameName = (typeof frameNames)[number];

/** What is written about the frames. */
export interface ResultDocuments<Summary> {
  readonly others: readonly OutputFile[];
  /** Becomes `summary.json`: names the files with their SHA-256, which is what makes them this command's. */
  readonly summary: (files: readonly WrittenFile[]) => Summary;
}

/**
 * Writes predictions, weights, factors, other documents and, last, the summary of what `record` holds:
 * `predictions.parquet`, or `predictions.partial.parquet` for a run that did not finish, which leaves an earlier whole
 * result alone.
 *
 * @returns the paths written
 */
export async function writeResults<Summary extends object>(
  target: OutputTarget,
  panel: CrossSectionBatch,
  record: ExperimentRecord,
  documents: ResultDocuments<Summary>,
  options: { readonly partial: boolean },
): Promise<{ readonly summary: Summary; readonly paths: readonly string[] }> {
  const infix = options.partial ? '.partial' : '';
  const models = record.models.filter(({ folds }) => folds.length > 0);
  const rows = models.map((model) => ({
    label: model.run.label,
    rows: predictedRows(panel, outOfSample(panel, model.modelIndex, model.folds)),
  }));
  const forecasts = rows.filter((each) => each.rows.columns.forecast);
  const withFits = forecasts.some((each) => each.rows.columns.fitted);
  const tables: Record<FrameName, readonly FrameTable[]> = {
    predictions: forecasts.map((each) => predictionRows(each.label, each.rows, withFits)),
    weights: rows.filter((each) => each.rows.columns.weight).map((each) => weightRows(each.label, each.rows)),
    factors: factorRows(models),
  };
  const frames = frameNames
    .filter((name) => tables[name].length > 0)
    .map((name) => frameFile(`${name}${infix}`, target.format, stackTables(tables[name]), { csv: target.csv }));
  const files = [...frames, ...documents.others];
  const name = `summary${infix}.json`;
  // What an earlier run left and this one does not replace would be taken for its result.
  const written = [...files.map((file) => file.name), name];
  let summary: Summary | undefined;
  const paths = await writeTogether(target.directory, {
    files,
    record: { name, content: (hashes) => (summary = documents.summary(hashes)) },
    records: summaryNames,
    obsolete: everyName(options.partial).filter((each) => !written.includes(each)),
  });
  return { summary: summary ?? documents.summary([]), paths };
}

export function jsonFile(name: string, content: unknown): OutputFile {
  return { name, write: (path) => writeFile(path, `${JSON.stringify(content, null, 2)}\n`) };
}

/** Every name that a run may write where it is told to, its remains after a failure included. */
export function namesToWrite({ format, report }: Pick<Experiment['outputs'], 'format' | 'report'>): string[] {
  const frames = ['', '.partial'].flatMap((infix) => frameNames.map((name) => `${name}${infix}.${format}`));
  return [...frames, ...summaryNames, diagnosticsName, ...(report ? [reportName] : [])];
}

/** Every name that a run may have written; of a partial result alone while there is no whole one. */
function everyName(partial: boolean): string[] {
  const namesOf = (infix: string): string[] => [
    ...outputFormats.flatMap((format) => frameNames.map((name) => `${name}${infix}.${format}`)),
    `summary${infix}.json`,
  ];
  return partial ? namesOf('.partial') : [...namesOf(''), ...namesOf('.partial'), diagnosticsName, reportName];
}

/** `timestamp, asset, y_score, y_true, y_fit (where a model has factors), model, fold`, for the rows of the test dates. */
function predictionRows(label: string, rows: PredictedRows, withFits: boolean): FrameTable {
  const { index, columns, returns, foldOfRow } = rows;
  const table = predictionsTable(new AssetForecastResult({ index, expectedReturns: columns.forecast }), {
    returns,
    modelName: label,
    fold: foldOfRow,
  });
  if (!withFits) return table;
  const signals = columns.fitted ?? new Float64Array(index.nRows).fill(Number.NaN);
  const fits = new AssetSignalResult({ index, signals, signalNames: ['y_fit'], unit: 'return' });
  return table
    .assign(signalsTable(fits).select(['y_fit']))
    .select(['timestamp', 'asset', 'y_score', 'y_true', 'y_fit', 'model', 'fold']);
}

/** `timestamp, asset, weight, model, fold`, for the rows of the test dates. */
function weightRows(label: string, { index, columns, foldOfRow }: PredictedRows): FrameTable {
  return weightsTable(new AssetWeightsResult({ index, weights: columns.weight }), {
    modelName: label,
    fold: foldOfRow,
  });
}

/** `timestamp, factor, factor_return, premium, …, model, fold` of each fold; nothing for models without factors. */
function factorRows(models: readonly ModelRecord[]): FrameTable[] {
  const folds = models.flatMap(({ run, folds: all }) =>
    all.flatMap(({ fold, prediction: { factors } }) => (factors ? [{ label: run.label, fold, factors }] : [])),
  );
  // One table has one set of columns, whatever each forecaster gives.
  const filler = (key: 'standardErrors' | 'degreesOfFreedom', length: number): Float64Array | undefined =>
    folds.some(({ factors }) => factors.forecast[key]) ? new Float64Array(length).fill(Number.NaN) : undefined;
  return folds.map(({ label, fold, factors: { forecast, realised } }) => {
    const state = factorsOnly(forecast.timestamps, forecast.factorNames, realised);
    const { length } = forecast.premia;
    const filled = new FactorForecastResult({
      ...forecast,
      standardErrors: forecast.standardErrors ?? filler('standardErrors', length),
      degreesOfFreedom: forecast.degreesOfFreedom ?? filler('degreesOfFreedom', length),
    });
    return factorTable(state, filled, { modelName: label, fold });
  });
}
