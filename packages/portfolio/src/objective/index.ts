export { defaultConventions, referenceConventions, type PortfolioConventions } from './conventions.ts';
export {
  afterBurnIn,
  consecutiveWindows,
  evaluatePortfolio,
  holdingsOf,
  objectiveOfReturns,
  sharpeRatioOfReturns,
  softMinimumOf,
  type PortfolioReturnArrays,
  type WeightedWindows,
} from './plain-arrays.ts';
export { portfolioReturns, type PortfolioReturnTensors, type WeightTensors } from './portfolio-returns.ts';
export {
  portfolioObjective,
  sharpeRatioOf,
  softMinimum,
  windowSharpeRatios,
  type Objective,
  type ObjectiveOptions,
  type SharpeOptions,
} from './sharpe.ts';
