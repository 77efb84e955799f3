import type { PanelIndex } from '../batches/panel-index.ts';
import { AbortedError, DataError, ShapeError, throwIfAborted } from '../errors.ts';
import type { ExtractOptions, FitOptions, RunOptions } from '../models/interfaces.ts';
import { asPart } from '../models/progress.ts';
import type { FitSummary } from '../results/fit-summary.ts';
import { overlapNotes } from '../look/return-overlap.ts';
import { requireRealised } from '../splits/realisation-gap.ts';
import { requireLength } from '../validation.ts';
import type { DateRange } from '../splits/date-range.ts';

/** One step of a walk-forward: the dates to estimate on, and the later dates to predict. */
export interface WalkForwardSplit {
  readonly train: DateRange;
  /** Given to `fit` to stop early and to choose a checkpoint by. */
  readonly validation?: DateRange | undefined;
  readonly test: DateRange;
}

/** What a walk-forward needs of a batch; CrossSectionBatch and PersistentPanelBatch both are one. */
export interface SliceableBatch {
  readonly index: PanelIndex;
  readonly nDates: number;
  /** Dates until a return is known; 1 where absent. */
  readonly realisationLag?: number | undefined;
  slice(from: number, to?: number): SliceableBatch;
}

/** A pipeline or model that is fitted on one batch and predicts another. */
export interface WalkForwardEstimator<Batch, Prediction> {
  fit(batch: Batch, options?: FitOptions<Batch>): Promise<FitSummary>;
  predict(batch: Batch, options?: ExtractOptions): Promise<Prediction>;
}

/** Named columns, each with one number per row of a panel index. */
export type RowColumns = Readonly<Record<string, Float64Array>>;

/** One finished fold. */
export interface WalkForwardFold<Prediction> {
  /** Position among the splits. */
  readonly fold: number;
  readonly split: WalkForwardSplit;
  readonly summary: FitSummary;
  readonly prediction: Prediction;
  /** The rows of the test dates; shares memory with the batch's index. */
  readonly index: PanelIndex;
  /** What `columns` read from the prediction, each (R of the test dates). */
  readonly columns: RowColumns;
  /** Wall-clock seconds of fit and predict. */
  readonly seconds: number;
}

export interface WalkForwardOptions<Batch extends SliceableBatch, Prediction, Estimator> extends RunOptions {
  readonly batch: Batch;
  readonly splits: readonly WalkForwardSplit[];
  /** Accept splits whose training returns are not known yet when the test dates begin. */
  readonly allowOverlap?: boolean | undefined;
  /**
   * A fresh, unfitted estimator for a fold. `previous` is the fitted one of the fold before, for warm starts.
   */
  readonly create: (fold: number, previous: Estimator | undefined) => Estimator | Promise<Estimator>;
  /** Reads the columns to assemble from a prediction: see `latentFactorColumns`. */
  readonly columns: (prediction: Prediction) => RowColumns;
  /**
   * Called after each fold, and awaited: what it keeps survives a failure or an abort of a later fold.
   * The estimator is the fitted one.
   */
  readonly onFold?: ((fold: WalkForwardFold<Prediction>, estimator: Estimator) => void | Promise<void>) | undefined;
}

/** Out-of-sample columns over the whole test span, and the folds that they came from. */
export interface WalkForwardResult<Prediction> {
  /** The rows from the first to the last test date; shares memory with the batch's index. */
  readonly index: PanelIndex;
  /** Each (R of the span); NaN on rows that no fold predicted. */
  readonly columns: RowColumns;
  /** The fold that predicted each row (R of the span); -1 for none. */
  readonly foldOfRow: Int32Array;
  readonly folds: readonly WalkForwardFold<Prediction>[];
  /** What is odd about the returns, in words: an overlap that the batch does not state. */
  readonly notes: readonly string[];
}

/**
 * Fits on each fold's training dates, predicts its test dates and joins the predictions over the test span.
 *
 * The training and validation batches of a fold end before its test dates begin; the test batch holds the test dates alone. So a
 * prediction for date t can only use characteristics dated t or earlier and returns that were realised by t, as long as
 * the model keeps to that order within the test dates. Splits that leave out fewer than `realisationLag - 1` dates of the batch are
 * refused: returns over h dates are known after h, so that those of the last h - 1 training dates would be the test dates' own.
 *
 * @throws AbortedError when the signal fires, between folds or inside one
 * @throws ShapeError, DataError when a split does not fit the batch
 */
export async function walkForward<
  Batch extends SliceableBatch,
  Prediction,
  Estimator extends WalkForwardEstimator<Batch, Prediction>,
>(options: WalkForwardOptions<Batch, Prediction, Estimator>): Promise<WalkForwardResult<Prediction>> {
  const { batch, splits } = options;
  requireSplits(splits, batch.nDates);
  if (!options.allowOverlap)
    splits.forEach((split, fold) => requireRealised(`splits[${fold}]`, split, batch.realisationLag));
  const folds: WalkForwardFold<Prediction>[] = [];
  let previous: Estimator | undefined;
  for (let fold = 0; fold < splits.length; fold++) {
    // A turn of the event loop: a signal handler of the process (Ctrl-C) cannot run while promises alone are pending.
    await new Promise((resolve) => setTimeout(resolve, 0));
    throwIfAborted(options.signal, 'walk-forward');
    const estimator = await options.create(fold, previous);
    const done = await runFold(options, estimator, fold);
    folds.push(done);
    previous = estimator;
    await options.onFold?.(done, estimator);
    options.onProgress?.({
      phase: 'walk-forward',
      unit: 'fold',
      step: fold + 1,
      total: splits.length,
      fraction: (fold + 1) / splits.length,
    });
  }
  return { ...assembleFolds(batch.index, folds), notes: overlapNotes(batch) };
}

/** Fits and predicts one fold: the unit of work that can be done anywhere, in any order, with the same result. */
export async function runFold<
  Batch extends SliceableBatch,
  Prediction,
  Estimator extends WalkForwardEstimator<Batch, Prediction>,
>(
  options: Pick<
    WalkForwardOptions<Batch, Prediction, Estimator>,
    'batch' | 'splits' | 'allowOverlap' | 'columns' | 'signal' | 'onProgress'
  >,
  estimator: Estimator,
  fold: number,
): Promise<WalkForwardFold<Prediction>> {
  const { batch, signal, onProgress } = options;
  const split = options.splits[fold];
  if (!options.allowOverlap) requireRealised(`splits[${fold}]`, split, batch.realisationLag);
  const start = performance.now();
  const part = { index: fold, of: options.splits.length };
  // Both kinds of batch slice to their own kind.
  const train = batch.slice(split.train.from, split.train.to) as Batch;
  const validation = split.validation && (batch.slice(split.validation.from, split.validation.to) as Batch);
  const test = batch.slice(split.test.from, split.test.to) as Batch;
  const summary = await estimator.fit(train, {
    validation,
    signal,
    ...(options.allowOverlap ? { allowOverlap: true } : {}),
    onProgress: onProgress && ((progress) => onProgress(asPart(progress, 'fold', part))),
  });
  if (signal?.aborted) throw new AbortedError('walk-forward', signal.reason);
  const prediction = await estimator.predict(test);
  const columns = options.columns(prediction);
  for (const [name, values] of Object.entries(columns))
    requireLength(`columns.${name}`, values, test.index.nRows, 'one per row of the test dates');
  return { fold, split, summary, prediction, index: test.index, columns, seconds: (performance.now() - start) / 1000 };
}

/** Joins finished folds, in any order and not necessarily all of them, over the span of their test dates. */
export function assembleFolds<Prediction>(
  index: PanelIndex,
  folds: readonly WalkForwardFold<Prediction>[],
): Omit<WalkForwardResult<Prediction>, 'notes'> {
  const from = Math.min(...folds.map(({ split }) => split.test.from));
  const to = Math.max(...folds.map(({ split }) => split.test.to));
  const span = folds.length === 0 ? index.slice(0, 0) : index.slice(from, to);
  const names = folds.length === 0 ? [] : Object.keys(folds[0].columns);
  const columns: Record<string, Float64Array> = {};
  for (const name of names) columns[name] = new Float64Array(span.nRows).fill(Number.NaN);
  const foldOfRow = new Int32Array(span.nRows).fill(-1);
  for (const done of folds) {
    const first = span.rowOffsets[done.split.test.from - from];
    foldOfRow.fill(done.fold, first, first + done.index.nRows);
    for (const name of names) columns[name].set(done.columns[name], first);
  }
  return { index: span, columns, foldOfRow, folds: [...folds].sort((a, b) => a.fold - b.fold) };
}

function requireSplits(splits: readonly WalkForwardSplit[], nDates: number): void {
  if (splits.length === 0)
    throw new DataError({
      field: 'splits',
      expected: 'at least one fold',
      found: 'none',
      remedy: 'Shorten the initial training window or the test windows, or pass more dates.',
    });
  let predicted = 0;
  splits.forEach(({ train, validation, test }, fold) => {
    requireRange(`splits[${fold}].train`, train, nDates);
    if (validation) requireRange(`splits[${fold}].validation`, validation, nDates);
    requireRange(`splits[${fold}].test`, test, nDates);
    const used = validation ? [train, validation, test] : [train, test];
    for (let part = 1; part < used.length; part++)
      if (used[part - 1].to > used[part].from)
        throw new DataError({
          field: `splits[${fold}]`,
          expected: 'training, validation and test dates in this order, not overlapping',
          found: `dates up to position ${used[part - 1].to - 1}, then dates from ${used[part].from}`,
          remedy: 'End each part before the first date of the next.',
        });
    if (test.from < predicted)
      throw new DataError({
        field: `splits[${fold}].test`,
        expected: `test dates after those of the fold before (position ${predicted} or later)`,
        found: `${test.from}`,
        remedy: 'Let each date be predicted once: use a step of at least the test size.',
      });
    predicted = test.to;
  });
}

function requireRange(field: string, { from, to }: DateRange, nDates: number): void {
  if (Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from < to && to <= nDates) return;
  throw new ShapeError({
    field,
    expected: `0 <= from < to <= ${nDates} (positions of dates)`,
    found: `from ${from}, to ${to}`,
    remedy: 'Give each fold at least one training and one test date within the batch.',
  });
}
