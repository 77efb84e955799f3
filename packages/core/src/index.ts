export { nonOverlappingDates, type NonOverlappingFigures } from './evaluation/non-overlapping.ts';
export { longestRegularSpacing, periodsFromStart } from './batches/calendar.ts';
export { CrossSectionBatch } from './batches/cross-section.ts';
export type { CrossSectionInit } from './batches/cross-section-init.ts';
export { alignForwardReturns } from './batches/forward-returns.ts';
export type { DensePanel } from './batches/from-dense.ts';
export type { LongRows } from './batches/from-rows.ts';
export { PanelIndex } from './batches/panel-index.ts';
export { pairedReturnTiming, returnTiming, type ReturnTiming, type StatedTiming } from './batches/return-timing.ts';
export { PersistentPanelBatch, type PersistentPanelInit } from './batches/persistent-panel.ts';
export { PortfolioSequenceBatch, type PortfolioSequenceInit } from './batches/portfolio-sequence.ts';
export {
  portfolioWindows,
  type PortfolioWindowOptions,
  type PortfolioWindows,
  type VolatilityScaling,
} from './batches/portfolio-windows.ts';
export {
  baseConfigSchema,
  configJsonSchema,
  configNotes,
  deepFreeze,
  parseConfig,
  type Aliases,
  type WithAliases,
} from './config.ts';
export { engineChoices } from './engine/choices.ts';
export {
  AbortedError,
  ArtifactError,
  ConfigError,
  DataError,
  EngineError,
  InfeasibleError,
  Ml4tError,
  MissingPackageError,
  NotFittedError,
  NotIdentifiedError,
  OutputError,
  ShapeError,
  SourceError,
  WorkerError,
  describe,
  throwIfAborted,
  type ErrorCode,
  type ErrorDetail,
  type ErrorJSON,
} from './errors.ts';
export { alignRows } from './evaluation/align-rows.ts';
export {
  factorModelReport,
  type FactorModelEvidence,
  type FactorModelReport,
  type FoldFactors,
} from './evaluation/factor-model-report.ts';
export { latentFactorReport } from './evaluation/latent-factor-report.ts';
export { latentFactorColumns, signalColumns } from './evaluation/prediction-columns.ts';
export {
  assembleFolds,
  runFold,
  walkForward,
  type RowColumns,
  type SliceableBatch,
  type WalkForwardEstimator,
  type WalkForwardFold,
  type WalkForwardOptions,
  type WalkForwardResult,
  type WalkForwardSplit,
} from './evaluation/walk-forward.ts';
export type { DateRange } from './splits/date-range.ts';
export {
  describeOverlap,
  findReturnOverlap,
  overlapNotes,
  type PanelOfReturns,
  type ReturnOverlap,
} from './look/return-overlap.ts';
export { findingCodes, type FindingCode, type PanelFinding } from './look/finding.ts';
export { isLabelName } from './look/look-ahead.ts';
export { lookAtPanel, type LookOptions } from './look/look-at-panel.ts';
export {
  longRunVariance,
  meanInference,
  type Inference,
  type InferenceOptions,
  type LongRunVariance,
} from './inference/inference.ts';
export { averageRanks } from './metrics/average-ranks.ts';
export { areaUnderCurve, logLoss } from './metrics/classification.ts';
export {
  managedPortfolioR2,
  managedPortfolios,
  type ManagedPortfolioOptions,
  type ManagedPortfolioR2Options,
  type ManagedPortfolios,
} from './metrics/managed-portfolios.ts';
export { predictiveR2, r2ByDate, totalR2, uncentredR2, type UncentredR2 } from './metrics/r-squared.ts';
export {
  rankCorrelation,
  rankInformationCoefficient,
  type RankInformationCoefficient,
  type RankInformationCoefficientOptions,
} from './metrics/rank-correlation.ts';
export {
  annualizedSharpeRatio,
  sharpeRatio,
  sharpeRatioInference,
  sharpeRatioStandardError,
  type SharpeStandardErrorOptions,
} from './metrics/sharpe-ratio.ts';
export {
  longShortDeciles,
  longShortWeights,
  type SortedPortfolioOptions,
  type SortedPortfolios,
  type TiesPolicy,
} from './metrics/sorted-portfolios.ts';
export {
  outOfSampleTangencySharpe,
  tangencyPortfolio,
  tangencySharpe,
  tangencySharpeBias,
  type TangencyPortfolio,
} from './metrics/tangency-portfolio.ts';
export { turnover, type Turnover } from './metrics/turnover.ts';
export type {
  AssetPredictionModel,
  EnsembleEstimator,
  Estimator,
  ExtractOptions,
  FactorForecaster,
  FactorMapper,
  FitOptions,
  LatentFactorModel,
  ModelRegistration,
  PortfolioModel,
  PortfolioPostprocessor,
  RunOptions,
  StochasticDiscountFactorEstimator,
  TrainedMember,
} from './models/interfaces.ts';
export { requireFitArguments, requirePredictArguments, type Operation } from './models/arguments.ts';
export { describeProgress, type Progress, type ProgressPart, type ProgressUnit } from './models/progress.ts';
export { editDistance, nearestName } from './nearest-name.ts';
export type { ColumnOptions } from './preprocessing/by-cross-section.ts';
export {
  exAnteVolatility,
  forwardReturnsFromPrices,
  type Decay,
  type ExAnteVolatilityOptions,
} from './preprocessing/ex-ante-volatility.ts';
export { imputeCharacteristics, type ImputeOptions } from './preprocessing/impute.ts';
export { rankNormalize, type RankNormalizeOptions } from './preprocessing/rank-normalize.ts';
export { standardizeCharacteristics, winsorize, type WinsorizeOptions } from './preprocessing/standardize.ts';
export { trendFeatures, type TrendFeatureOptions, type TrendFeatures } from './preprocessing/trend-features.ts';
export { Random } from './random/random.ts';
export { AssetSignalResult, AssetWeightsResult, StochasticDiscountFactorState } from './results/asset-level.ts';
export { describeFit } from './results/describe-fit.ts';
export {
  isNonFinite,
  onlyFinite,
  stopReasonRemedies,
  type FitRunRecord,
  type FitSummary,
  type HistoryEntry,
  type StopReason,
} from './results/fit-summary.ts';
export {
  AssetForecastResult,
  FactorForecastResult,
  LatentFactorPrediction,
  LatentFactorState,
  combineBetas,
} from './results/latent-factors.ts';
export { PortfolioWeightsResult, type PortfolioPrediction } from './results/portfolio.ts';
export type { SplitDates } from './splits/realisation-gap.ts';
export { purgedGroupSplits, type PurgedGroupSplitOptions } from './splits/purged-group-splits.ts';
export {
  expandingSplits,
  rollingSplits,
  type ExpandingSplitOptions,
  type RollingSplitOptions,
  type Split,
  type SplitOptions,
} from './splits/walk-forward-splits.ts';
export { formatTimestamp, parseTimestamp, parseTimestamps, type TimestampInput } from './timestamps.ts';
export { requireSameColumns, type FloatArray } from './validation.ts';
export { periodsPerYear, type DateFrequency } from './periods-per-year.ts';
export { exceedsRounding, hasVariation, varyingColumns } from './variation.ts';
