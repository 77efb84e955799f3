export {
  networkConfigSchema,
  portfolioConfigSchema,
  type NetworkConfig,
  type NetworkConfigInput,
  type PortfolioConfig,
  type PortfolioConfigInput,
} from './config.ts';
export { deepPortfolioConfigSchema, type DeepPortfolioConfig, type DeepPortfolioConfigInput } from './deep/config.ts';
export { DeepPortfolioModel } from './deep/model.ts';
export {
  EqualWeightPortfolioModel,
  equalWeightConfigSchema,
  type EqualWeightConfig,
  type EqualWeightConfigInput,
} from './equal-weight/model.ts';
export { lstmPortfolioConfigSchema, type LSTMPortfolioConfig, type LSTMPortfolioConfigInput } from './lstm/config.ts';
export { LSTMPortfolioModel } from './lstm/model.ts';
export {
  linearPortfolioConfigSchema,
  type LinearPortfolioConfig,
  type LinearPortfolioConfigInput,
} from './linear/config.ts';
export { LinearFeaturePortfolioModel } from './linear/model.ts';
export type { LinearFitSummary } from './linear/fitted.ts';
export { PortfolioAllocationPipeline, type AllocationPipelineClasses } from './pipeline.ts';
export {
  WeightConstraintPostprocessor,
  weightConstraintConfigSchema,
  type WeightConstraintConfig,
  type WeightConstraintConfigInput,
} from './postprocessor.ts';
export { modelRegistry, postprocessorRegistry, type PostprocessorRegistration } from './registry.ts';
export type { PortfolioFitSummary, PortfolioPredictOptions } from './training/fitted.ts';
