import { DataError, type CrossSectionBatch } from '@ml4t/core';

/** Context series as the recurrent layers see them. */
export interface ContextOptions {
  readonly standardizeContext: boolean;
  readonly contextTransform: 'levels' | 'differences' | 'deviations';
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
  /** Mean difference of the levels (Q), over the training dates. */
  readonly drifts: Float64Array;
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
  const levels = batch.contextFeatures;
  const drifts = new Float64Array(q);
  if (batch.nDates > 1)
    for (let j = 0; j < q; j++) drifts[j] = (levels[levels.length - q + j] - levels[j]) / (batch.nDates - 1);
  const seen = transformed(levels, drifts, options);
  const means = new Float64Array(q);
  const deviations = new Float64Array(q).fill(1);
  if (options.standardizeContext)
    for (let j = 0; j < q; j++) {
      const column = seen.filter((_, at) => at % q === j);
      // The first difference is not known; it is a zero that is no observation.
      const known = options.contextTransform === 'levels' ? column : column.subarray(1);
      const mean = known.reduce((a, b) => a + b, 0) / Math.max(1, known.length);
      const sd = Math.sqrt(known.reduce((a, b) => a + (b - mean) ** 2, 0) / Math.max(1, known.length));
      means[j] = mean;
      deviations[j] = sd > 1e-12 * Math.abs(mean) ? sd : 1;
    }
  const timestamps = [...batch.timestamps];
  const values = [...batch.contextFeatures];
  const last = timestamps[timestamps.length - 1];
  if (validation?.contextFeatures)
    for (let t = 0; t < validation.nDates; t++)
      if (validation.timestamps[t] > last) {
        timestamps.push(validation.timestamps[t]);
        values.push(...validation.contextFeatures.subarray(t * q, (t + 1) * q));
      }
  return {
    names: [...batch.contextNames],
    timestamps: Float64Array.from(timestamps),
    values: Float64Array.from(values),
    means,
    deviations,
    drifts,
  };
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
  const values = transformed(raw, history.drifts, options).map((value, at) =>
    // What stands at the first date is no observation, but the value that means nothing.
    at < q && options.contextTransform !== 'levels' ? 0 : (value - history.means[at % q]) / history.deviations[at % q],
  );
  return { values, nDates: before + batch.nDates, nFeatures: q, before };
}

/**
 * Levels; differences from the date before; or deviations from the mean of the W levels before, less the drift between:
 * `z_t - mean(z_{t-1} … z_{t-n}) - d (n + 1) / 2`, n = min(W, dates before). The latter two are 0 at the first date.
 */
function transformed(levels: Float64Array, drifts: Float64Array, options: ContextOptions): Float64Array {
  if (options.contextTransform === 'levels') return levels;
  const window = options.contextTransform === 'differences' ? 1 : options.contextWindow;
  const q = drifts.length;
  const out = new Float64Array(levels.length);
  for (let at = q; at < levels.length; at++) {
    const n = Math.min(window, Math.floor(at / q));
    let sum = 0;
    for (let k = 1; k <= n; k++) sum += levels[at - k * q];
    // Differences keep their drift: standardisation, where it is on, takes it out.
    out[at] = levels[at] - sum / n - (window > 1 ? (drifts[at % q] * (n + 1)) / 2 : 0);
  }
  return out;
}
