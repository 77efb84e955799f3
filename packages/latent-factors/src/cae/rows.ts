import { DataError, NotIdentifiedError, type CrossSectionBatch } from '@ml4t/core';
import { hasVariation } from '@ml4t/core/authoring';
import type { Engine } from '@ml4t/core/engine';
import type { CounterRandom, HostWriter } from '@ml4t/core/nn';
import { dateBatches, gatherRows, miniBatches, rowsOfDates } from '@ml4t/core/train';
import type { CharacteristicRows, EngineRows, NetworkBatch } from './network.ts';

/** Rows of one evaluation batch at most, unless one date has more: no more than a mini-batch of training takes. */
export const EVALUATION_ROWS = 8192;

/** The rows of a panel that a network can learn from, with the scales of the training span divided out. */
export interface TrainingRows {
  readonly nRows: number;
  readonly nDates: number;
  /** Of every row of the batch. */
  readonly panel: CharacteristicRows;
  /** (R): their numbers in the panel, ascending. */
  readonly panelRows: Int32Array;
  /** (R), unit root mean square on the training rows in a regression, labels in a classification. */
  readonly targets: Float64Array;
  /** (R), unit root mean square on the training rows. */
  readonly regressands: Float64Array;
  /** (T x L) with unit root mean square per column on the training dates; undefined without a factor network. */
  readonly portfolios: Float64Array | undefined;
  /** (R): date of each row, counting used dates. */
  readonly dates: Int32Array;
  /** (T + 1) */
  readonly offsets: Int32Array;
}

/** What the network's numbers are multiplied by to be in the caller's units. */
export interface Scales {
  /** Of the fit: 1 in a classification. */
  readonly target: number;
  /** Of what is regressed on the betas. */
  readonly regressand: number;
  /** (L) */
  readonly portfolios: Float64Array;
}

export interface RowsOptions {
  readonly task: 'regression' | 'classification';
  /** Least rows of a date. */
  readonly minimumRows: number;
  /** (T x L) by date of the batch; a date with a NaN takes no part. */
  readonly portfolios: Float64Array | undefined;
}

/**
 * Rows whose characteristics and returns are finite, on dates whose portfolios are. Scales are measured on these rows, or
 * taken over from the training span.
 */
export function trainingRows(
  batch: CrossSectionBatch,
  options: RowsOptions,
  given?: Scales,
): { readonly rows: TrainingRows; readonly scales: Scales } {
  const returns = batch.requireReturns('CAEModel.fit');
  const regressands =
    options.task === 'classification' ? requireFactorReturns(batch) : (batch.factorReturns ?? returns);
  if (options.task === 'classification') requireLabels(returns);
  const { kept, dates, offsets, usedDates } = usableRows(batch, returns, regressands, options);
  const complete = kept.length === batch.nRows;
  const targets = complete ? returns.slice() : Float64Array.from(kept, (row) => returns[row]);
  const regressed = complete ? regressands.slice() : Float64Array.from(kept, (row) => regressands[row]);
  const width = options.portfolios ? options.portfolios.length / batch.nDates : 0;
  const portfolios = options.portfolios && new Float64Array(usedDates.length * width);
  usedDates.forEach((t, i) =>
    portfolios?.set(options.portfolios?.subarray(t * width, (t + 1) * width) ?? [], i * width),
  );
  const scales = given ?? {
    target: options.task === 'classification' ? 1 : rootMeanSquare(targets, 0, 1),
    regressand: rootMeanSquare(regressed, 0, 1),
    portfolios: Float64Array.from({ length: width }, (_, j) => rootMeanSquare(portfolios ?? [], j, width)),
  };
  for (let i = 0; i < targets.length; i++) targets[i] /= scales.target;
  for (let i = 0; i < regressed.length; i++) regressed[i] /= scales.regressand;
  if (portfolios) for (let i = 0; i < portfolios.length; i++) portfolios[i] /= scales.portfolios[i % width];
  const rows = {
    nRows: kept.length,
    nDates: usedDates.length,
    panel: { values: batch.characteristics, width: batch.nCharacteristics },
    panelRows: kept,
    targets,
    regressands: regressed,
    portfolios,
    dates,
    offsets,
  };
  return { rows, scales };
}

/** Throws NotIdentifiedError when there is too little to estimate from, or nothing that varies. */
export function requireEnoughRows({ nDates, nRows, targets }: TrainingRows, { target }: Scales, factors: number): void {
  const enough = nDates >= 2 && nRows > factors;
  // Returns are made of numbers of about one, and are over their scale here.
  if (enough && !hasVariation(targets, 1 / target))
    throw new NotIdentifiedError({
      field: 'returns',
      expected: 'values that vary over the training rows',
      found: 'the same value everywhere',
      remedy: 'Check the column and its dates.',
    });
  if (enough) return;
  throw new NotIdentifiedError({
    field: 'batch',
    expected: `at least 2 dates with more than ${factors} complete rows in all`,
    found: `${nRows} rows on ${nDates} dates`,
    remedy: 'Impute missing characteristics, pass more dates, or lower nFactors.',
  });
}

/**
 * Rows for an engine, and their mini-batches, one at a time. A float64 panel is narrowed into the engine once, where its threads
 * gather it; a float32 one stays where it is, and the engine holds a mini-batch of it. Row numbers are written over those of the batch
 * and the epoch before, which left to the collector would outgrow the network.
 */
export class LoadedRows {
  readonly rows: TrainingRows;
  readonly data: EngineRows;
  readonly #engine: Engine;
  readonly #order: Int32Array;
  #panelRows = new Int32Array(0);
  #dates = new Int32Array(0);

  constructor(engine: Engine, rows: TrainingRows) {
    const { nRows, nDates, portfolios } = rows;
    this.rows = rows;
    this.#engine = engine;
    this.#order = new Int32Array(nRows);
    const { values, width } = rows.panel;
    const narrowed: HostWriter = (into) => gatherRows(values, width, rows.panelRows, into);
    this.data = {
      characteristics: values instanceof Float32Array ? rows.panel : engine.tensor(narrowed, [nRows, width]),
      targets: engine.tensor(rows.targets, [nRows]),
      regressands: engine.tensor(rows.regressands, [nRows]),
      portfolios: portfolios && engine.tensor(portfolios, [nDates, portfolios.length / nDates]),
    };
  }

  /** One epoch in random order: whole dates, or single rows. */
  *batches(kind: 'dates' | 'rows', size: number, generator: CounterRandom): IterableIterator<NetworkBatch> {
    if (kind === 'dates')
      for (const dates of mergeSmallTail(this.rows.offsets, dateBatches(this.rows.offsets, size, generator), size))
        yield this.#ofDates(dates);
    else for (const rows of miniBatches(this.rows.nRows, size, generator, this.#order)) yield this.#of(rows, noOffsets);
  }

  /** Whole dates in their order, each row once. */
  *inOrder(): IterableIterator<NetworkBatch> {
    const { offsets, nDates } = this.rows;
    let from = 0;
    while (from < nDates) {
      let to = from + 1;
      while (to < nDates && offsets[to + 1] - offsets[from] <= EVALUATION_ROWS) to++;
      const first = from;
      yield this.#ofDates(Int32Array.from({ length: to - first }, (_, i) => first + i));
      from = to;
    }
  }

  release(): void {
    for (const held of Object.values(this.data)) if (held && 'shape' in held) this.#engine.release(held);
  }

  #ofDates(dates: Int32Array): NetworkBatch {
    const { rows, offsets } = rowsOfDates(this.rows.offsets, dates);
    return this.#of(rows, offsets);
  }

  #of(rows: Int32Array, offsets: Int32Array): NetworkBatch {
    const { dates, panelRows } = this.rows;
    if (this.#dates.length < rows.length) {
      this.#dates = new Int32Array(rows.length);
      this.#panelRows = new Int32Array(rows.length);
    }
    for (let i = 0; i < rows.length; i++) {
      this.#dates[i] = dates[rows[i]];
      this.#panelRows[i] = panelRows[rows[i]];
    }
    const first = (numbers: Int32Array): Int32Array => numbers.subarray(0, rows.length);
    return { data: this.data, rows, panelRows: first(this.#panelRows), dates: first(this.#dates), offsets };
  }
}

const noOffsets = new Int32Array(0);

/**
 * A last batch of less than half the size joins the one before: batch statistics of a few rows would spoil the running
 * ones.
 */
function* mergeSmallTail(
  offsets: Int32Array,
  batches: Iterable<Int32Array>,
  size: number,
): IterableIterator<Int32Array> {
  const rowsOf = (dates: Int32Array): number => dates.reduce((sum, t) => sum + offsets[t + 1] - offsets[t], 0);
  let before: Int32Array | undefined;
  let last: Int32Array | undefined;
  for (const dates of batches) {
    if (before) yield before;
    before = last;
    last = dates;
  }
  if (before && last && rowsOf(last) < size / 2) yield Int32Array.from([...before, ...last]).sort();
  else for (const dates of [before, last]) if (dates) yield dates;
}

/** Complete rows of every date that has any: what {@link trainingRows} would take, were there no least number. */
export function rowCounts(batch: CrossSectionBatch): number[] {
  const returns = batch.requireReturns('CAEModel.fit');
  const { offsets } = usableRows(batch, returns, batch.factorReturns ?? returns, {
    minimumRows: 1,
    portfolios: undefined,
  });
  return Array.from(offsets.subarray(1), (offset, at) => offset - offsets[at]);
}

function usableRows(
  batch: CrossSectionBatch,
  returns: Float64Array,
  regressands: Float64Array,
  { minimumRows, portfolios }: Omit<RowsOptions, 'task'>,
): { kept: Int32Array; dates: Int32Array; offsets: Int32Array; usedDates: number[] } {
  const { index, nCharacteristics: p, characteristics, nDates } = batch;
  const width = portfolios ? portfolios.length / nDates : 0;
  const kept = new Int32Array(batch.nRows);
  const dates = new Int32Array(batch.nRows);
  const offsets = [0];
  const usedDates: number[] = [];
  let count = 0;
  for (let t = 0; t < nDates; t++) {
    const first = count;
    if (portfolios && !portfolios.subarray(t * width, (t + 1) * width).every(Number.isFinite)) continue;
    for (let row = index.rowOffsets[t]; row < index.rowOffsets[t + 1]; row++) {
      // A sum is NaN as soon as one of its terms is: no test per entry.
      let probe = 0 * returns[row] + 0 * regressands[row];
      for (let j = row * p; j < (row + 1) * p; j++) probe += 0 * characteristics[j];
      if (probe !== 0) continue;
      kept[count] = row;
      dates[count++] = usedDates.length;
    }
    if (count - first < minimumRows) count = first;
    if (count === first) continue;
    usedDates.push(t);
    offsets.push(count);
  }
  return {
    kept: kept.subarray(0, count),
    dates: dates.slice(0, count),
    offsets: Int32Array.from(offsets),
    usedDates,
  };
}

function requireFactorReturns(batch: CrossSectionBatch): Float64Array {
  if (batch.factorReturns) return batch.factorReturns;
  throw new DataError({
    field: 'factorReturns',
    expected: 'returns to build factors from, beside the labels',
    found: 'a batch without them',
    remedy: "With taskType 'classification' pass labels as `returns` and the returns themselves as `factorReturns`.",
  });
}

function requireLabels(returns: Float64Array): void {
  const row = returns.findIndex((label) => label < 0 || label > 1);
  if (row < 0) return;
  throw new DataError({
    field: `returns[${row}]`,
    expected: 'a label in [0, 1] or NaN',
    found: String(returns[row]),
    remedy: "With taskType 'classification' `returns` holds labels; the returns themselves go into `factorReturns`.",
  });
}

/** Root mean square of a column; 1 where it is zero, so that dividing by it changes nothing. */
function rootMeanSquare(values: ArrayLike<number>, column: number, width: number): number {
  let sum = 0;
  for (let i = column; i < values.length; i += width) sum += values[i] * values[i];
  const result = Math.sqrt((sum * width) / values.length);
  return result > 0 ? result : 1;
}
