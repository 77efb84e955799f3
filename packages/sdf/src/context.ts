import { DataError, type CrossSectionBatch } from '@ml4t/core';

/** Context series as the recurrent layers see them. */
export interface ContextOptions {
  readonly standardizeContext: boolean;
  readonly contextTransform: 'levels' | 'differences' | 'levels-and-differences';
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
  /** Of what the layers see (F), over the training dates; 0 and 1 without standardisation. */
  readonly means: Float64Array;
  readonly deviations: Float64Array;
}

/** Inputs of the recurrent layers for a batch and the dates that go before it. */
export interface ContextInput {
  /** (dates x features) */
  readonly values: Float64Array;
  readonly nDates: number;
  readonly nFeatures: number;
  /** Dates before the first of the batch. */
  readonly before: number;
}

export function contextFeatures(nContext: number, options: ContextOptions): number {
  return options.contextTransform === 'levels-and-differences' ? 2 * nContext : nContext;
}

/** The history of a fit. Dates of a validation that are not after the training dates are left out. */
export function contextHistory(
  batch: CrossSectionBatch,
  validation: CrossSectionBatch | undefined,
  options: ContextOptions,
): ContextHistory | undefined {
  if (!batch.contextFeatures) return undefined;
  const q = batch.nContext;
  const seen = transformed(batch.contextFeatures, q, options);
  const f = contextFeatures(q, options);
  const means = new Float64Array(f);
  const deviations = new Float64Array(f).fill(1);
  if (options.standardizeContext)
    for (let j = 0; j < f; j++) {
      const column = seen.filter((_, at) => at % f === j);
      // The first difference is not known; it is a zero that is no observation.
      const known = isDifference(j, q, options) ? column.subarray(1) : column;
      const mean = known.reduce((a, b) => a + b, 0) / Math.max(1, known.length);
      const sd = Math.sqrt(known.reduce((a, b) => a + (b - mean) ** 2, 0) / Math.max(1, known.length));
      means[j] = known.length > 0 ? mean : 0;
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
  const nFeatures = contextFeatures(q, options);
  const values = transformed(raw, q, options).map(
    (value, at) => (value - history.means[at % nFeatures]) / history.deviations[at % nFeatures],
  );
  if (options.contextTransform !== 'levels')
    for (let j = 0; j < nFeatures; j++) if (isDifference(j, q, options)) values[j] = 0;
  return { values, nDates: before + batch.nDates, nFeatures, before };
}

function isDifference(feature: number, q: number, { contextTransform }: ContextOptions): boolean {
  return contextTransform === 'differences' || (contextTransform === 'levels-and-differences' && feature >= q);
}

/** Levels, differences from the date before (0 at the first date), or the one beside the other. */
function transformed(levels: Float64Array, q: number, options: ContextOptions): Float64Array {
  const f = contextFeatures(q, options);
  const dates = levels.length / q;
  const out = new Float64Array(dates * f);
  for (let t = 0; t < dates; t++)
    for (let j = 0; j < f; j++) {
      const at = t * q + (j % q);
      out[t * f + j] = !isDifference(j, q, options) ? levels[at] : t > 0 ? levels[at] - levels[at - q] : 0;
    }
  return out;
}
