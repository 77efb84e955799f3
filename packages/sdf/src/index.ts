export { StochasticDiscountFactorModel } from './model.ts';
export {
  sdfConfigSchema,
  type StochasticDiscountFactorConfig,
  type StochasticDiscountFactorConfigInput,
} from './config.ts';
export type { StochasticDiscountFactorPhase } from './member-task.ts';
export { betaHeadConfigSchema, type BetaHeadConfig, type BetaHeadConfigInput } from './beta-head/config.ts';
export { StochasticDiscountFactorBetaNetworkHead } from './beta-head/model.ts';
export type { BetaHeadData, BetaHeadFitOptions } from './beta-head/fit.ts';
export { LinearStochasticDiscountFactorReturnMapper, type RowExposures } from './mapper.ts';
export { modelRegistry } from './registry.ts';
export { explainedReturns, sdfStatistics, type ExplainedReturns, type SdfStatistics } from './statistics.ts';
export { sdfSharpeRatio } from './weights.ts';
