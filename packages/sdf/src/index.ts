export { StochasticDiscountFactorModel } from './sdf/model.ts';
export {
  sdfConfigSchema,
  type StochasticDiscountFactorConfig,
  type StochasticDiscountFactorConfigInput,
} from './sdf/config.ts';
export type { StochasticDiscountFactorPhase } from './sdf/member-task.ts';
export { betaHeadConfigSchema, type BetaHeadConfig, type BetaHeadConfigInput } from './beta-head/config.ts';
export { StochasticDiscountFactorBetaNetworkHead } from './beta-head/model.ts';
export type { BetaHeadData, BetaHeadFitOptions } from './beta-head/fit.ts';
export { LinearStochasticDiscountFactorReturnMapper, type RowExposures } from './sdf/mapper.ts';
export { modelRegistry } from './registry.ts';
export { explainedReturns, sdfStatistics, type ExplainedReturns, type SdfStatistics } from './sdf/statistics.ts';
export { sdfSharpeRatio } from './sdf/weights.ts';
