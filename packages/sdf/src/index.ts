export { StochasticDiscountFactorModel } from './model.ts';
export {
  sdfConfigSchema,
  type StochasticDiscountFactorConfig,
  type StochasticDiscountFactorConfigInput,
} from './config.ts';
export { explainedReturns, sdfStatistics, type ExplainedReturns, type SdfStatistics } from './statistics.ts';
export { sdfSharpeRatio } from './weights.ts';
