import type { FitSummary } from '@ml4t/core';
import type { Fitted } from '../training/fitted.ts';
import type { InputScale } from '../training/windows.ts';
import type { LinearScores } from './ridge.ts';

export interface LinearFitSummary extends FitSummary {
  /** Checkpoints that `predict` can be asked for: 'ridge', and of training 'best', 'last', 'step-n'. */
  readonly checkpoints: readonly string[];
}

/** What a fit leaves behind. */
export interface LinearFit extends Fitted {
  readonly scale: InputScale;
  /** Deviation of the regression's fitted values, by which they are divided to be scores. */
  readonly scoreScale: number;
  /** Scores of scaled features, by checkpoint. */
  readonly checkpoints: Readonly<Record<string, LinearScores>>;
  readonly summary: LinearFitSummary;
}
