export {
  networkConfigSchema,
  portfolioConfigSchema,
  type NetworkConfig,
  type NetworkConfigInput,
  type PortfolioConfig,
  type PortfolioConfigInput,
} from './config.ts';
export { budgetOf, headWeights, type HeadOptions } from './heads/heads.ts';
export {
  consecutiveWindows,
  defaultConventions,
  evaluatePortfolio,
  objectiveOfReturns,
  portfolioObjective,
  portfolioReturns,
  referenceConventions,
  sharpeRatioOf,
  sharpeRatioOfReturns,
  softMinimum,
  softMinimumOf,
  windowSharpeRatios,
  type Objective,
  type ObjectiveOptions,
  type PortfolioConventions,
  type PortfolioReturnArrays,
  type PortfolioReturnTensors,
  type SharpeOptions,
  type WeightedWindows,
  type WeightTensors,
} from './objective/index.ts';
export { PortfolioAllocationPipeline } from './pipeline.ts';
export {
  WeightConstraintPostprocessor,
  weightConstraintConfigSchema,
  type WeightConstraintConfig,
  type WeightConstraintConfigInput,
} from './postprocessor.ts';
