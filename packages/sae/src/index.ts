export type { CalibrationBin, CalibrationTable } from './calibration.ts';
export { saeConfigSchema, type SAEConfig, type SAEConfigInput } from './config.ts';
export { SAEModel, type SAEFitOptions, type SAEFitSummary, type SAEPredictOptions } from './model.ts';
export { modelRegistry } from './registry.ts';
export type { SAETargets } from './targets.ts';
