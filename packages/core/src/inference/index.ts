// Tests of differences: between forecasts, Sharpe ratios and sets of models; and of what factors leave.
export { dieboldMariano, type DieboldMariano } from './diebold-mariano.ts';
export {
  deflatedSharpeRatio,
  expectedMaximumSharpeRatio,
  probabilisticSharpeRatio,
  type SharpeEstimate,
  type SharpeTrials,
} from './deflated-sharpe.ts';
export { factorRegression, grsTest, type AlphaTest, type FactorRegression } from './factor-regression.ts';
export type { DateBootstrapOptions } from './comparison-input.ts';
export { compareSharpeRatios, type SharpeComparison, type SharpeComparisonOptions } from './sharpe-comparison.ts';
export {
  modelConfidenceSet,
  superiorPredictiveAbility,
  type ModelConfidenceSet,
  type SuperiorPredictiveAbility,
} from './superior-predictive-ability.ts';
export {
  longRunVariance,
  meanInference,
  type Inference,
  type InferenceOptions,
  type LongRunVariance,
} from './inference.ts';
