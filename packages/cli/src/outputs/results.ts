import { writeFile } from 'node:fs/promises';
import { AssetForecastResult, AssetSignalResult, PanelIndex, type CrossSectionBatch } from '@ml4t/core';
import { factorTable, predictionsTable, signalsTable } from '@ml4t/integration';
import { outOfSample, type ExperimentRecord, type ModelRecord, type OutOfSample } from '../experiment/record.ts';
import { outputFormats, type OutputFormat } from '../experiment/schema.ts';
import { factorsOnly, frameFile, stackTables, type FrameTable } from './frames.ts';
import { writeTogether, type OutputFile } from './generation.ts';

/** Where results go, and how. */
export interface OutputTarget {
  readonly directory: string;
  readonly format: OutputFormat;
}

/**
 * Writes predictions, factors and, last, the summary of what `record` holds: `predictions.parquet`, or
 * `predictions.partial.parquet` for a run that did not finish, which leaves an earlier whole result alone.
 *
 * @param summaryOf makes the content of the summary from the names of the other files
 * @returns the paths written
 */
export async function writeResults<Summary>(
  target: OutputTarget,
  panel: CrossSectionBatch,
  record: ExperimentRecord,
  summaryOf: (files: readonly string[]) => Summary,
  options: { readonly partial: boolean },
): Promise<{ readonly summary: Summary; readonly paths: readonly string[] }> {
  const infix = options.partial ? '.partial' : '';
  const models = record.models.filter(({ folds }) => folds.length > 0);
  const predictions = models.map((model) =>
    predictionRows(panel, model, outOfSample(panel, model.modelIndex, model.folds)),
  );
  const factors = models.flatMap(factorRows);
  const frames: OutputFile[] = [frameFile(`predictions${infix}`, target.format, stackTables(predictions))];
  if (factors.length > 0) frames.push(frameFile(`factors${infix}`, target.format, stackTables(factors)));
  const summary = summaryOf(frames.map(({ name }) => name));
  const summaryFile: OutputFile = {
    name: `summary${infix}.json`,
    write: (path) => writeFile(path, `${JSON.stringify(summary, null, 2)}\n`),
  };
  const obsolete = options.partial
    ? []
    : outputFormats
        .flatMap((format) => [`predictions.partial.${format}`, `factors.partial.${format}`])
        .concat('summary.partial.json');
  return { summary, paths: await writeTogether(target.directory, [...frames, summaryFile], obsolete) };
}

/** `timestamp, asset, y_score, y_true, y_fit (factor models), model, fold`, for the rows of the test dates. */
function predictionRows(panel: CrossSectionBatch, { run }: ModelRecord, result: OutOfSample): FrameTable {
  const returns = panel.requireReturns('predictions');
  const first = panel.index.rowOffsets[result.span.from];
  const kept = keepPredicted(result, returns.subarray(first, first + result.index.nRows));
  const { forecast, fitted } = kept.columns;
  const labels = { modelName: run.label, fold: kept.foldOfRow };
  const table = predictionsTable(new AssetForecastResult({ index: kept.index, expectedReturns: forecast }), {
    returns: kept.returns,
    ...labels,
  });
  if (!fitted) return table;
  const fits = new AssetSignalResult({ index: kept.index, signals: fitted, signalNames: ['y_fit'], unit: 'return' });
  return table
    .assign(signalsTable(fits).select(['y_fit']))
    .select(['timestamp', 'asset', 'y_score', 'y_true', 'y_fit', 'model', 'fold']);
}

interface PredictedRows {
  readonly index: PanelIndex;
  readonly columns: OutOfSample['columns'];
  readonly foldOfRow: Int32Array;
  readonly returns: Float64Array;
}

/** Without the dates between test windows, which no fold predicts. */
function keepPredicted({ index, columns, foldOfRow }: OutOfSample, returns: Float64Array): PredictedRows {
  const dates = Array.from(index.timestamps.keys()).filter((t) => foldOfRow[index.rowOffsets[t]] >= 0);
  if (dates.length === index.nDates) return { index, columns, foldOfRow, returns };
  const rows: number[] = [];
  const rowOffsets = [0];
  for (const t of dates) {
    for (let row = index.rowOffsets[t]; row < index.rowOffsets[t + 1]; row++) rows.push(row);
    rowOffsets.push(rows.length);
  }
  const pick = (values: Float64Array): Float64Array => Float64Array.from(rows, (row) => values[row]);
  return {
    index: new PanelIndex({
      timestamps: Float64Array.from(dates, (t) => index.timestamps[t]),
      rowOffsets: Int32Array.from(rowOffsets),
      assetIndex: Int32Array.from(rows, (row) => index.assetIndex[row]),
      assetIds: index.assetIds,
    }),
    columns: Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, pick(values)])),
    foldOfRow: Int32Array.from(rows, (row) => foldOfRow[row]),
    returns: pick(returns),
  };
}

/** `timestamp, factor, factor_return, premium, …, model, fold` for each fold; nothing for models without factors. */
function factorRows({ run, folds }: ModelRecord): FrameTable[] {
  return folds.flatMap(({ fold, prediction: { factors } }) =>
    factors
      ? [
          factorTable(
            factorsOnly(factors.forecast.timestamps, factors.forecast.factorNames, factors.realised),
            factors.forecast,
            { modelName: run.label, fold },
          ),
        ]
      : [],
  );
}
