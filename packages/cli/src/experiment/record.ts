import {
  alignRows,
  assembleFolds,
  type CrossSectionBatch,
  type DateRange,
  type PanelIndex,
  type RowColumns,
  type WalkForwardFold,
  type WalkForwardSplit,
} from '@ml4t/core';
import type { ExperimentPrediction } from '../families/family.ts';
import type { ModelRun } from './model-runs.ts';

export type ExperimentFold = WalkForwardFold<ExperimentPrediction>;

/** The finished folds of one model. */
export interface ModelRecord {
  readonly run: ModelRun;
  /** The rows of the batch that the model was given. */
  readonly modelIndex: PanelIndex;
  readonly folds: ExperimentFold[];
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

  start(run: ModelRun, modelIndex: PanelIndex): ModelRecord {
    const record: ModelRecord = { run, modelIndex, folds: [] };
    this.models.push(record);
    return record;
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

/** Positions of the dates from the first to the last test date. */
export function testSpan(splits: readonly WalkForwardSplit[]): DateRange {
  if (splits.length === 0) return { from: 0, to: 0 };
  return {
    from: Math.min(...splits.map(({ test }) => test.from)),
    to: Math.max(...splits.map(({ test }) => test.to)),
  };
}
