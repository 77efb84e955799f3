// What the author of a model needs and its user does not.
export { ClosedFormModel, type Estimation, type EstimationReport } from './closed-form-model.ts';
export { FittedModel, type ModelFit } from './fitted-model.ts';
export { longestRegularSpacing, periodsFromStart } from '../batches/calendar.ts';
export type { VolatilityScaling } from '../batches/portfolio-windows.ts';
export { pairedReturnTiming, returnTiming, type ReturnTiming, type StatedTiming } from '../batches/return-timing.ts';
export {
  baseConfigSchema,
  configJsonSchema,
  configNotes,
  deepFreeze,
  parseConfig,
  type Aliases,
  type WithAliases,
} from '../config.ts';
export { engineChoices } from '../engine/choices.ts';
export { describe, throwIfAborted, type ErrorDetail, type ErrorJSON } from '../errors.ts';
export { alignRows } from '../evaluation/align-rows.ts';
export type { FactorModelEvidence, FoldFactors } from '../evaluation/factor-model-report.ts';
export type { NonOverlappingFigures } from '../evaluation/non-overlapping.ts';
export { latentFactorColumns, signalColumns } from '../evaluation/prediction-columns.ts';
export {
  assembleFolds,
  runFold,
  type RowColumns,
  type SliceableBatch,
  type WalkForwardEstimator,
  type WalkForwardFold,
  type WalkForwardOptions,
} from '../evaluation/walk-forward.ts';
export { isLabelName } from '../look/look-ahead.ts';
export type { LookOptions } from '../look/look-at-panel.ts';
export { describeOverlap, overlapNotes, type PanelOfReturns, type ReturnOverlap } from '../look/return-overlap.ts';
export { averageRanks } from '../metrics/average-ranks.ts';
export type {
  ManagedPortfolioOptions,
  ManagedPortfolioR2Options,
  ManagedPortfolios,
} from '../metrics/managed-portfolios.ts';
export type { UncentredR2 } from '../metrics/r-squared.ts';
export type { RankInformationCoefficient, RankInformationCoefficientOptions } from '../metrics/rank-correlation.ts';
export type { SharpeStandardErrorOptions } from '../metrics/sharpe-ratio.ts';
export type { SortedPortfolioOptions, SortedPortfolios, TiesPolicy } from '../metrics/sorted-portfolios.ts';
export type { TangencyPortfolio } from '../metrics/tangency-portfolio.ts';
export type { Turnover } from '../metrics/turnover.ts';
export { requireFitArguments, requirePredictArguments, type Operation } from '../models/arguments.ts';
export type { ModelRegistration, TrainedMember } from '../models/interfaces.ts';
export type { ProgressPart, ProgressUnit } from '../models/progress.ts';
export { editDistance, nearestName } from '../nearest-name.ts';
export { periodsPerYear, type DateFrequency } from '../periods-per-year.ts';
export type { ColumnOptions } from '../preprocessing/by-cross-section.ts';
export type { Decay, ExAnteVolatilityOptions } from '../preprocessing/ex-ante-volatility.ts';
export type { ImputeOptions } from '../preprocessing/impute.ts';
export type { RankNormalizeOptions } from '../preprocessing/rank-normalize.ts';
export type { WinsorizeOptions } from '../preprocessing/standardize.ts';
export type { TrendFeatureOptions, TrendFeatures } from '../preprocessing/trend-features.ts';
export { isNonFinite, onlyFinite } from '../results/fit-summary.ts';
export { combineBetas } from '../results/latent-factors.ts';
export type { DateRange } from '../splits/date-range.ts';
export type { PurgedGroupSplitOptions } from '../splits/purged-group-splits.ts';
export type { SplitDates } from '../splits/realisation-gap.ts';
export type { ExpandingSplitOptions, RollingSplitOptions, SplitOptions } from '../splits/walk-forward-splits.ts';
export { requireSameColumns, type FloatArray } from '../validation.ts';
export { exceedsRounding, hasVariation, varyingColumns } from '../variation.ts';
