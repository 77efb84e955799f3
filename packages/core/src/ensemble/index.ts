// Ensembles of networks: members that are trained together or apart, and combined to the same bits.
export { chooseCheckpoint, commonCheckpoints, requireCheckpoint } from './checkpoints.ts';
export {
  checkpointChecks,
  checkpointFields,
  defaultCheckpointField,
  engineFields,
  ensembleFields,
  keeps,
  keptEpochs,
  optimizerFields,
  optimizerOf,
  scheduleOf,
  stoppingFields,
} from './config.ts';
export type { CheckpointConfig, EngineConfig, LearningRateSchedule, OptimizerConfig } from './config.ts';
export { loadMember, memberBytes, parseMember, saveMember } from './member-artifact.ts';
export { readWeights, weightArrays, weightNames } from './member-weights.ts';
export type { MemberWeights, TrainingUnit } from './member-weights.ts';
export { NetworkEnsemble } from './network-ensemble.ts';
export type { EnsembleFit, EnsembleTraining } from './network-ensemble.ts';
export { memberNotes, overallReason } from './outcome.ts';
export type { MemberOutcome } from './outcome.ts';
