export type { CalibrationBin, CalibrationTable } from './calibration.ts';
export { saeConfigSchema, type SAEConfig, type SAEConfigInput } from './config.ts';
export { SAEModel } from './model.ts';
export type { SAEFitSummary } from './fitted.ts';
export type { SAEFitOptions, SAEPredictOptions } from './options.ts';
export { modelRegistry } from './registry.ts';
export type { SAETargets } from './targets.ts';
