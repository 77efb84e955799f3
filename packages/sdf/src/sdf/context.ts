import { DataError, type CrossSectionBatch } from '@ml4t/core';
import { hasVariation } from '@ml4t/core/authoring';
import { requireFloat32 } from '@ml4t/core/train';

/** Context series as the recurrent layers see them. */
export interface ContextOptions {
  readonly contextScaling: 'standardize' | 'none';
  readonly contextTransform: 'levels' | 'differences' | 'deviations' | 'detrended';
  /** Dates W of the trailing mean of 'deviations'. */
  readonly contextWindow: number;
}

/**
 * The context series that a fit has seen, with the moments of the training dates. It stands for the recurrent state at every
 * date of it: a layer is run over the dates before a batch, then over the batch.
 */
export interface ContextHistory {
  readonly names: readonly string[];
  /** (S), of the training dates and the validation dates after them. */
  readonly timestamps: Float64Array;
  /** (S x Q), as given. */
  readonly values: Float64Array;
  /** Of what the layers see (Q), over the training dates; 0 and 1 without standardisation. */
  readonly means: Float64Array;
  readonly deviations: Float64Array;
  /** How many of the timestamps are training dates. */
  readonly trainingDates: number;
}

/** Inputs of the recurrent layers for a batch and the dates that go before it. */
export interface ContextInput {
  /** (dates x Q) */
  readonly values: Float64Array;
  readonly nDates: number;
  readonly nFeatures: number;
  /** Dates before the first of the batch. */
  readonly before: number;
}

/** The history of a fit. Dates of a validation that are not after the training dates are left out. */
export function contextHistory(
  batch: CrossSectionBatch,
  validation: CrossSectionBatch | undefined,
  options: ContextOptions,
): ContextHistory | undefined {
  if (!batch.contextFeatures) return undefined;
  const q = batch.nContext;
  const timestamps = [...batch.timestamps];
  const values = [...batch.contextFeatures];
  const last = timestamps[timestamps.length - 1];
  if (validation?.contextFeatures)
    for (let t = 0; t < validation.nDates; t++)
      if (validation.timestamps[t] > last) {
        timestamps.push(validation.timestamps[t]);
        values.push(...validation.contextFeatures.subarray(t * q, (t + 1) * q));
      }
  const history = {
    names: [...batch.contextNames],
    timestamps: Float64Array.from(timestamps),
    values: Float64Array.from(values),
    trainingDates: batch.nDates,
    means: new Float64Array(q),
    deviations: new Float64Array(q).fill(1),
  };
  if (options.contextScaling === 'standardize') {
    const seen = transformed(batch.contextFeatures, counted(batch.nDates), history, options);
    // What stands at the first date in place of a difference is no observation.
    const first = hasNoFirst(options) ? 1 : 0;
    for (let j = 0; j < q; j++) {
      const column = columnOf(seen, first, j, q);
      const { mean, deviation } = momentsOf(column);
      history.means[j] = mean;
      // Transformed values are rounded as the levels are that they come from.
      const level = columnOf(batch.contextFeatures, 0, j, q).reduce(
        (most, value) => Math.max(most, Math.abs(value)),
        0,
      );
      history.deviations[j] = hasVariation(column, level) ? deviation : 1;
    }
  }
  return history;
}

/**
 * What the layers see for a batch: the dates of the history before the batch's first date, then the batch. Throws DataError
 * when the batch has other context series than the fit.
 */
export function contextInput(
  batch: CrossSectionBatch,
  history: ContextHistory | undefined,
  options: ContextOptions,
): ContextInput | undefined {
  const expected = history?.names ?? [];
  if (expected.length !== batch.nContext || expected.some((name, j) => name !== batch.contextNames[j]))
    throw new DataError({
      field: 'contextNames',
      expected: expected.length > 0 ? expected.join(', ') : 'no context series, as in the fit',
      found: batch.contextNames.join(', ') || 'none',
      remedy: 'Pass the series of the training batch, in its order.',
    });
  if (!history || !batch.contextFeatures) return undefined;
  const q = batch.nContext;
  const first = batch.timestamps[0];
  const before = history.timestamps.filter((time) => time < first).length;
  const raw = new Float64Array((before + batch.nDates) * q);
  raw.set(history.values.subarray(0, before * q));
  raw.set(batch.contextFeatures, before * q);
  // Dates of the batch before the first training date stand before the origin of time.
  const origin = before > 0 ? 0 : batch.timestamps.filter((time) => time < history.timestamps[0]).length;
  const timestamps = Float64Array.of(...history.timestamps.subarray(0, before), ...batch.timestamps);
  const values = transformed(raw, positions(timestamps, origin, history), history, options).map((value, at) =>
    at < q && hasNoFirst(options) ? 0 : (value - history.means[at % q]) / history.deviations[at % q],
  );
  requireFloat32('contextFeatures', values, (at) => `${history.names[at % q]}, date ${Math.floor(at / q) - before}`);
  return { values, nDates: before + batch.nDates, nFeatures: q, before };
}

/**
 * A sentence for every context series that a batch has further out than training had it, by more than a standard deviation: numbers that
 * the recurrent layers have never seen.
 */
export function contextNotes(
  input: ContextInput | undefined,
  history: ContextHistory | undefined,
  options: ContextOptions,
): string[] {
  if (!input || !history) return [];
  const { names, trainingDates, means, deviations } = history;
  const q = names.length;
  const seen = transformed(history.values.subarray(0, trainingDates * q), counted(trainingDates), history, options);
  const numberOf = (value: number): string => String(Number(value.toPrecision(3)));
  return names.flatMap((name, j) => {
    const trained = columnOf(seen, hasNoFirst(options) ? 1 : 0, j, q);
    const here = columnOf(input.values, input.before, j, q).map((value) => means[j] + deviations[j] * value);
    const [least, most] = [Math.min(...trained), Math.max(...trained)];
    // A series that does not vary is left with the rounding of its level.
    const level = columnOf(history.values, 0, j, q).reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
    const margin = momentsOf(trained).deviation + 1e-9 * level;
    const outside = here.filter((value) => value < least - margin || value > most + margin);
    if (outside.length === 0) return [];
    const furthest = outside.reduce((a, b) => (Math.abs(b - means[j]) > Math.abs(a - means[j]) ? b : a));
    return [
      `Context series ${name} was between ${numberOf(least)} and ${numberOf(most)} on the training dates ` +
        `(contextTransform '${options.contextTransform}') and is outside on ${outside.length} of ${here.length} dates here, ` +
        `as far as ${numberOf(furthest)}: weights there are extrapolated. ` +
        (options.contextTransform === 'levels'
          ? "Use 'detrended' for a series with a trend, or make it stationary beforehand."
          : 'Train on later dates, or leave the series out.'),
    ];
  });
}

/** One series of several side by side, from a date on. */
function columnOf(values: Float64Array, from: number, series: number, width: number): Float64Array {
  return Float64Array.from({ length: values.length / width - from }, (_, t) => values[(from + t) * width + series]);
}

/** Mean and standard deviation, divisor n; zeros without values. */
function momentsOf(values: Float64Array): { readonly mean: number; readonly deviation: number } {
  const n = Math.max(1, values.length);
  const mean = values.reduce((sum, value) => sum + value / n, 0);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2 / n, 0);
  return { mean, deviation: Math.sqrt(variance) };
}

function hasNoFirst({ contextTransform }: ContextOptions): boolean {
  return contextTransform === 'differences' || contextTransform === 'deviations';
}

/**
 * What the layers see of a path of levels, before standardisation.
 *
 * @param levels (dates x Q)
 * @param times of the dates, in steps of the training dates
 */
function transformed(
  levels: Float64Array,
  times: Float64Array,
  history: Pick<ContextHistory, 'names' | 'values' | 'trainingDates'>,
  options: ContextOptions,
): Float64Array {
  const q = history.names.length;
  switch (options.contextTransform) {
    case 'levels':
      return levels;
    case 'differences':
      return deviations(levels, new Float64Array(q), 1);
    case 'deviations': {
      const slopes = Float64Array.from({ length: q }, (_, j) => trainingLine(history, j).slope);
      return deviations(levels, slopes, options.contextWindow);
    }
    case 'detrended':
      return detrended(levels, times, history);
  }
}

/**
 * Deviations from the mean of the dates before, less the trend between,
 * `z_t - mean(z_{t-1} … z_{t-n}) - b (n + 1) / 2`, n = min(window, dates before). 0 at the first date.
 *
 * @param slopes b per date (Q)
 */
function deviations(levels: Float64Array, slopes: Float64Array, window: number): Float64Array {
  const q = slopes.length;
  const out = new Float64Array(levels.length);
  for (let at = q; at < levels.length; at++) {
    const n = Math.min(window, Math.floor(at / q));
    let sum = 0;
    for (let k = 1; k <= n; k++) sum += levels[at - k * q];
    out[at] = levels[at] - sum / n - (slopes[at % q] * (n + 1)) / 2;
  }
  return out;
}

/**
 * Residuals `z_t - a - b t` from a least-squares line in time: at training dates the line through all of them, at a later
 * date the line through all dates up to and including it. After the training dates no later date plays a part.
 */
function detrended(
  levels: Float64Array,
  times: Float64Array,
  history: Pick<ContextHistory, 'names' | 'values' | 'trainingDates'>,
): Float64Array {
  const q = history.names.length;
  const out = new Float64Array(levels.length);
  for (let j = 0; j < q; j++) {
    const line = trainingLine(history, j);
    times.forEach((time, t) => {
      const at = t * q + j;
      if (time >= history.trainingDates) line.add(time, levels[at]);
      out[at] = levels[at] - line.at(time);
    });
  }
  return out;
}

function trainingLine(
  { names, values, trainingDates }: Pick<ContextHistory, 'names' | 'values' | 'trainingDates'>,
  series: number,
): TrendLine {
  const line = new TrendLine();
  for (let t = 0; t < trainingDates; t++) line.add(t, values[t * names.length + series]);
  return line;
}

/** The times 0, 1, 2, … of the training dates. */
function counted(dates: number): Float64Array {
  return Float64Array.from({ length: dates }, (_, t) => t);
}

/**
 * Times of a path in steps of the training dates. Those are counted; a date after them is as many steps after the last of them as it
 * takes at their usual distance, so that dates left out in between (the purge of a split) do not put a trend out of step.
 *
 * @param origin dates of the path before the first training date
 */
function positions(
  timestamps: Float64Array,
  origin: number,
  { timestamps: seen, trainingDates }: Pick<ContextHistory, 'timestamps' | 'trainingDates'>,
): Float64Array {
  const last = seen[trainingDates - 1];
  const step = (last - seen[0]) / (trainingDates - 1);
  let before = Number.NEGATIVE_INFINITY;
  return timestamps.map((time, at) => {
    const count = at - origin;
    const measured = trainingDates - 1 + Math.round((time - last) / step);
    before = Math.max(before + 1, count < trainingDates || !(step > 0) ? count : measured);
    return before;
  });
}

/** The least-squares line through values in time, one more at a time. */
class TrendLine {
  #count = 0;
  #time = 0;
  #mean = 0;
  #cross = 0;
  #squares = 0;

  /** Per unit of time; 0 with fewer than two values. */
  get slope(): number {
    return this.#squares > 0 ? this.#cross / this.#squares : 0;
  }

  add(time: number, value: number): void {
    const n = ++this.#count;
    const [later, from] = [time - this.#time, value - this.#mean];
    this.#time += later / n;
    this.#mean += from / n;
    this.#cross += later * (value - this.#mean);
    this.#squares += later * (time - this.#time);
  }

  at(time: number): number {
    return this.#mean + this.slope * (time - this.#time);
  }
}
