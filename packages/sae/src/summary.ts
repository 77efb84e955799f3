import { memberNotes, overallReason } from '@ml4t/core/ensemble';
import type { SAEConfig } from './config.ts';
import type { TrainingData } from './dataset.ts';
import type { SAEFit, SAEFitSummary } from './fitted.ts';
import type { LabelledPair } from './labelled.ts';
import type { SAEMember } from './members.ts';
import type { Judgement } from './metrics.ts';
import { packageVersion } from './version.ts';

/** What a summary tells of a fit that is done. */
export interface FitAccount {
  readonly config: SAEConfig;
  readonly labelled: LabelledPair;
  readonly data: TrainingData;
  readonly fit: Omit<SAEFit, 'summary'>;
  readonly members: readonly SAEMember[];
  /** What did the arithmetic. */
  readonly backend: string;
  /** Trainable numbers of one network. */
  readonly parameters: number;
  readonly checkpoints: readonly string[];
  readonly checkpoint: string;
  /** About the choice of the checkpoint. */
  readonly notes: readonly string[];
  readonly onTrain: Judgement;
  readonly onValidation: Judgement | undefined;
}

export function summarise(account: FitAccount): SAEFitSummary {
  const { config, labelled, data, fit, members, onTrain, onValidation } = account;
  const { batch } = labelled.train;
  const stopReason = overallReason(members, 'max-epochs');
  return {
    converged: stopReason === 'early-stopping',
    stopReason,
    iterations: Math.max(...members.map(({ length }) => length)),
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
      ...memberNotes(members, 'epoch'),
    ],
    runRecord: {
      modelType: 'sae',
      packageVersion: packageVersion(),
      config,
      engine: account.backend,
      dimensions: {
        dates: batch.nDates,
        rows: batch.nRows,
        rowsUsed: data.train.rows.length,
        validationRowsUsed: data.validation?.rows.length ?? 0,
        characteristics: fit.characteristicNames.length,
        targets: fit.targetNames.length,
        parameters: account.parameters,
        engineBytes: Math.max(...members.map(({ engineBytes }) => engineBytes)),
      },
      stopReason,
      // Measured where the fit is put together.
      seconds: 0,
    },
  };
}

function rowNotes(used: number, all: number): string[] {
  return used === all ? [] : [`${all - used} training rows with a missing characteristic or target took no part.`];
}
