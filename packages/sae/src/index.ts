export type { CalibrationBin, CalibrationTable } from './sae/calibration.ts';
export { saeConfigSchema, type SAEConfig, type SAEConfigInput } from './sae/config.ts';
export { SAEModel } from './sae/model.ts';
export type { SAEFitSummary } from './sae/fitted.ts';
export type { SAEFitOptions, SAEPredictOptions } from './sae/options.ts';
export { modelRegistry } from './registry.ts';
export type { SAETargets } from './sae/targets.ts';
