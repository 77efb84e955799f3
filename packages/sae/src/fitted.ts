import type { FitSummary } from '@ml4t/core';
import type { MemberWeights } from '@ml4t/core/ensemble';
import type { CalibrationTable } from './calibration.ts';
import type { InputScale } from './dataset.ts';
import type { TargetScale } from './targets.ts';

export interface SAEFitSummary extends FitSummary {
  /** Checkpoints that `predict` can be asked for: 'best', 'last', 'epoch-n'. */
  readonly checkpoints: readonly string[];
  /** Predicted probability against frequency, per label, on the validation rows where there are any, else on the training rows. */
  readonly calibration: readonly CalibrationTable[];
}

/** What a fit leaves behind. */
export interface SAEFit {
  readonly characteristicNames: readonly string[];
  readonly targetNames: readonly string[];
  /** Whether the batch's own returns were the target. */
  readonly ownReturns: boolean;
  readonly inputs: InputScale;
  readonly targets: TargetScale;
  readonly members: readonly MemberWeights[];
  readonly summary: SAEFitSummary;
}
