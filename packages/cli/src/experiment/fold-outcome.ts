import { FactorForecastResult } from '@ml4t/core';
import type { FoldOutcome } from './fold-task.ts';

/** Outcomes as text and numbers apart: what can be sent between threads and stored. */
export interface PackedOutcomes {
  /** JSON, numbers that are not finite as `{"$number":"NaN"}`. */
  readonly text: string;
  readonly arrays: Readonly<Record<string, Float64Array>>;
}

/** Every bit of the outcomes, as plain data. {@link unpackOutcomes} gives them back. */
export function packOutcomes(outcomes: readonly FoldOutcome[]): PackedOutcomes {
  const arrays: Record<string, Float64Array> = {};
  const keep = (name: string, values: Float64Array): { readonly $array: string } => {
    arrays[name] = values;
    return { $array: name };
  };
  const text = JSON.stringify(outcomes, function (this: unknown, key, entry: unknown) {
    if (typeof entry === 'number' && !Number.isFinite(entry)) return { $number: String(entry) };
    // A name of its own for each array, in the order of the text.
    if (entry instanceof Float64Array) return keep(`a${Object.keys(arrays).length}.${key}`, entry);
    return Object.is(entry, -0) ? { $number: '-0' } : entry;
  });
  return { text, arrays };
}

export function unpackOutcomes({ text, arrays }: PackedOutcomes): FoldOutcome[] {
  const plain = JSON.parse(text, (_key, entry: unknown) => {
    if (entry === null || typeof entry !== 'object') return entry;
    if ('$number' in entry) return Number(entry.$number);
    return '$array' in entry ? arrays[String(entry.$array)] : entry;
  }) as FoldOutcome[];
  return plain.map((outcome) => {
    const { factors } = outcome.prediction;
    if (!factors) return outcome;
    const forecast = new FactorForecastResult(factors.forecast);
    return { ...outcome, prediction: { ...outcome.prediction, factors: { ...factors, forecast } } };
  });
}
