import type { CrossSectionBatch } from '@ml4t/core';
import type { NetworkFit, NetworkFitSummary, TrainedNetwork } from '@ml4t/core/ensemble';
import type { CalibrationTable } from './calibration.ts';
import type { InputScale } from './dataset.ts';
import type { TargetScale } from './targets.ts';
import type { SAEFitOptions } from './options.ts';

export interface SAEFitSummary extends NetworkFitSummary {
  /** Predicted probability against frequency, per label, on the validation rows where there are any, else on the training rows. */
  readonly calibration: readonly CalibrationTable[];
}

/** What a fit leaves behind. */
export interface SAEFit extends NetworkFit {
  readonly characteristicNames: readonly string[];
  readonly targetNames: readonly string[];
  /** Whether the batch's own returns were the target. */
  readonly ownReturns: boolean;
  readonly inputs: InputScale;
  readonly targets: TargetScale;
  readonly summary: SAEFitSummary;
}

/** The types of {@link SAEModel}, for its base. */
export interface SAETypes {
  readonly batch: CrossSectionBatch;
  readonly options: SAEFitOptions;
  readonly member: TrainedNetwork;
  readonly fit: SAEFit;
  readonly phase: 'training';
}
