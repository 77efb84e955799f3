import { isNonFinite, type StopReason } from '@ml4t/core';
import type { ResolvedEngine } from '@ml4t/core/engine';
import type { SAEConfig } from './config.ts';
import type { TrainingData } from './dataset.ts';
import type { SAEFit, SAEFitSummary } from './fitted.ts';
import type { LabelledPair } from './labelled.ts';
import type { TrainedMember } from './members.ts';
import type { Judgement } from './metrics.ts';
import { packageVersion } from './version.ts';

/** What a summary tells of a fit that is done. */
export interface FitAccount {
  readonly config: SAEConfig;
  readonly labelled: LabelledPair;
  readonly data: TrainingData;
  readonly fit: Omit<SAEFit, 'summary'>;
  readonly members: readonly TrainedMember[];
  readonly resolved: ResolvedEngine;
  /** Trainable numbers of one network. */
  readonly parameters: number;
  readonly checkpoints: readonly string[];
  readonly checkpoint: string;
  /** About the choice of the checkpoint. */
  readonly notes: readonly string[];
  readonly onTrain: Judgement;
  readonly onValidation: Judgement | undefined;
  /** Milliseconds, from `performance.now`. */
  readonly started: number;
}

export function summarise(account: FitAccount): SAEFitSummary {
  const { config, labelled, data, fit, members, resolved, onTrain, onValidation } = account;
  const { batch } = labelled.train;
  const stopReason = overallReason(members);
  return {
    converged: stopReason === 'early-stopping',
    stopReason,
    iterations: Math.max(...members.map(({ epochs }) => epochs)),
    trainMetrics: onTrain.metrics,
    validationMetrics: onValidation?.metrics,
    defaultCheckpoint: account.checkpoint,
    checkpoints: account.checkpoints,
    calibration: (onValidation ?? onTrain).calibration,
    history: members.flatMap(({ history }) => history),
    notes: [
      ...labelled.notes,
      ...rowNotes(data.train.rows.length, batch.nRows),
      ...account.notes,
      ...memberNotes(members),
    ],
    runRecord: {
      modelType: 'sae',
      packageVersion: packageVersion(),
      config,
      engine: resolved.resolution.backend,
      dimensions: {
        dates: batch.nDates,
        rows: batch.nRows,
        rowsUsed: data.train.rows.length,
        validationRowsUsed: data.validation?.rows.length ?? 0,
        characteristics: fit.characteristicNames.length,
        targets: fit.targetNames.length,
        parameters: account.parameters,
        engineBytes: resolved.engine.memory().reservedBytes,
      },
      stopReason,
      seconds: (performance.now() - account.started) / 1000,
    },
  };
}

function overallReason(members: readonly TrainedMember[]): StopReason {
  const reasons = members.map(({ stopReason }) => stopReason);
  return (
    reasons.find(isNonFinite) ??
    (reasons.every((reason) => reason === 'early-stopping') ? 'early-stopping' : 'max-epochs')
  );
}

function memberNotes(members: readonly TrainedMember[]): string[] {
  return members.flatMap(({ remedy, skippedSteps, epochs }, number) => [
    ...(remedy ? [`Member ${number} stopped after epoch ${epochs}: ${remedy}`] : []),
    ...(skippedSteps > 0 ? [`Member ${number} left out ${skippedSteps} steps without a finite gradient.`] : []),
  ]);
}

function rowNotes(used: number, all: number): string[] {
  return used === all ? [] : [`${all - used} training rows with a missing characteristic or target took no part.`];
}
