import { type CrossSectionBatch, PanelIndex, type WalkForwardSplit } from '@ml4t/core';
import { alignRows, assembleFolds, type DateRange, type RowColumns, type WalkForwardFold } from '@ml4t/core/authoring';
import type { ExperimentPrediction } from '@ml4t/core/experiment';
import type { FoldOutcome } from './task.ts';
import type { ModelRun } from './model-runs.ts';

/** A finished fold beside the rows that it predicts. */
export type ExperimentFold = WalkForwardFold<ExperimentPrediction> & FoldOutcome;

/** The finished folds of one model. */
export interface ModelRecord {
  readonly run: ModelRun;
  /** The rows of the batch that the model was given. */
  readonly modelIndex: PanelIndex;
  readonly folds: ExperimentFold[];
}

/** Factors of a model as configured: an ensemble's columns are those of all its members. Undefined without factors. */
export function nFactorsOf({ folds }: ModelRecord): number | undefined {
  const factors = folds[0]?.prediction.factors;
  if (!factors) return undefined;
  const { nFactors } = folds[0].summary.runRecord.config;
  return typeof nFactors === 'number' ? nFactors : factors.forecast.nFactors;
}

/** Out-of-sample columns of one model on the observed rows of the panel. */
export interface OutOfSample {
  /** The rows of the panel over the test span. */
  readonly index: PanelIndex;
  /** Its dates by position in the panel. */
  readonly span: DateRange;
  /** `forecast` and, in factor models, `fitted`; each (R of the span). */
  readonly columns: RowColumns;
  /** The fold that predicted each row; -1 for none. */
  readonly foldOfRow: Int32Array;
}

/** What an experiment has finished so far: kept apart from the run, so that it survives a failure or Ctrl-C. */
export class ExperimentRecord {
  /** The panel that the models see, once it is read. */
  panel: CrossSectionBatch | undefined;
  readonly models: ModelRecord[] = [];
  /** Keys of the members that are trained and not yet combined. */
  readonly trainedMembers = new Set<string>();

  start(panel: CrossSectionBatch, models: readonly Pick<ModelRecord, 'run' | 'modelIndex'>[]): void {
    this.panel = panel;
    for (const { run, modelIndex } of models) this.models.push({ run, modelIndex, folds: [] });
  }

  /** Keeps the folds of a model in their order, in whatever order they were finished. */
  add(model: number, outcomes: readonly FoldOutcome[]): void {
    const { folds, modelIndex } = this.models[model];
    for (const outcome of outcomes) {
      const { from, to } = outcome.split.test;
      folds.push({ ...outcome, index: modelIndex.slice(from, to), columns: outcome.prediction.columns });
    }
    folds.sort((a, b) => a.fold - b.fold);
  }

  get nFolds(): number {
    return this.models.reduce((sum, { folds }) => sum + folds.length, 0);
  }
}

/**
 * Joins the folds of a model and carries them to the panel's rows. A model on a persistent panel predicts every cell of
 * T x N; only observed (date, asset) pairs are kept, so that all models are judged on the same rows.
 *
 * @param modelIndex the index of the batch that the model was given
 */
export function outOfSample(
  panel: CrossSectionBatch,
  modelIndex: PanelIndex,
  folds: readonly ExperimentFold[],
): OutOfSample {
  const joined = assembleFolds(modelIndex, folds);
  const { from, to } = testSpan(folds.map(({ split }) => split));
  const index = panel.index.slice(from, to);
  const columns: Record<string, Float64Array> = {};
  for (const [name, values] of Object.entries(joined.columns))
    columns[name] = modelIndex === panel.index ? values : alignRows(joined.index, values, index);
  const foldOfRow = new Int32Array(index.nRows).fill(-1);
  for (const { fold, split } of folds)
    foldOfRow.fill(fold, index.rowOffsets[split.test.from - from], index.rowOffsets[split.test.to - from]);
  return { index, span: { from, to }, columns, foldOfRow };
}

/** Out-of-sample columns without the dates between test windows. */
export interface PredictedRows {
  readonly index: PanelIndex;
  readonly columns: OutOfSample['columns'];
  readonly foldOfRow: Int32Array;
  readonly returns: Float64Array;
}

/** The rows of the dates that some fold predicted, with the returns that followed. */
export function predictedRows(
  panel: CrossSectionBatch,
  { index, span, columns, foldOfRow }: OutOfSample,
): PredictedRows {
  const first = panel.index.rowOffsets[span.from];
  const returns = panel.requireReturns('predictions').subarray(first, first + index.nRows);
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

/** Positions of the dates from the first to the last test date. */
export function testSpan(splits: readonly WalkForwardSplit[]): DateRange {
  if (splits.length === 0) return { from: 0, to: 0 };
  return {
    from: Math.min(...splits.map(({ test }) => test.from)),
    to: Math.max(...splits.map(({ test }) => test.to)),
  };
}
