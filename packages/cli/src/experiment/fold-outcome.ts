import { FactorForecastResult } from '@ml4t/core';
import { packData, unpackData, type PackedData } from '@ml4t/core/persist';
import type { FoldOutcome } from './task.ts';

/** Outcomes as text and numbers apart: what can be stored. {@link unpackOutcomes} gives back every bit. */
export function packOutcomes(outcomes: readonly FoldOutcome[]): PackedData {
  return packData(outcomes);
}

export function unpackOutcomes(packed: PackedData): FoldOutcome[] {
  return (unpackData(packed) as FoldOutcome[]).map((outcome) => {
    const { factors } = outcome.prediction;
    if (!factors) return outcome;
    const forecast = new FactorForecastResult(factors.forecast);
    return { ...outcome, prediction: { ...outcome.prediction, factors: { ...factors, forecast } } };
  });
}
