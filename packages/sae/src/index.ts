export type { CalibrationBin, CalibrationTable } from './calibration.ts';
export { saeConfigSchema, type SAEConfig, type SAEConfigInput } from './config.ts';
export { SAEModel } from './model.ts';
export type { SAEFitOptions, SAEFitSummary, SAEPredictOptions } from './fitted.ts';
export { modelRegistry } from './registry.ts';
export type { SAETargets } from './targets.ts';
