// Ensembles of networks: members that are trained together or apart, and combined to the same bits.
export { chooseCheckpoint, requireCheckpoint } from './checkpoints.ts';
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
export type {
  CheckpointConfig,
  EngineConfig,
  LearningRateSchedule,
  OptimizerConfig,
  StoppingConfig,
} from './config.ts';
export { loadMember, memberBytes, parseMember, saveMember } from './member-artifact.ts';
export {
  commonCheckpoints,
  labelledStates,
  readMembers,
  readWeights,
  savedCheckpoints,
  snapshotAt,
  weightArrays,
  weightsOf,
} from './member-weights.ts';
export type { Labelling, MemberWeights, TrainingUnit } from './member-weights.ts';
export { NetworkEnsemble } from './network-ensemble.ts';
export type {
  EnsembleConfig,
  Judged,
  MemberRun,
  NetworkFit,
  NetworkFitSummary,
  NetworkTraining,
  NetworkTypes,
} from './network-ensemble.ts';
export { trainEpochs } from './train-epochs.ts';
export type { EpochConfig, EpochLoss } from './train-epochs.ts';
export { memberNotes, overallReason, trainedNetwork } from './trained-network.ts';
export type { Counting, MemberAccount, TrainedNetwork } from './trained-network.ts';
export { weightCount, withEngine } from './with-engine.ts';
