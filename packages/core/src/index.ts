export type { CrossSectionInit } from './batches/cross-section-init.ts';
export { CrossSectionBatch } from './batches/cross-section.ts';
export { alignForwardReturns } from './batches/forward-returns.ts';
export type { DensePanel } from './batches/from-dense.ts';
export type { LongRows } from './batches/from-rows.ts';
export { PanelIndex } from './batches/panel-index.ts';
export { PersistentPanelBatch, type PersistentPanelInit } from './batches/persistent-panel.ts';
export { PortfolioSequenceBatch, type PortfolioSequenceInit } from './batches/portfolio-sequence.ts';
export { portfolioWindows, type PortfolioWindowOptions, type PortfolioWindows } from './batches/portfolio-windows.ts';
export {
  AbortedError,
  ArtifactError,
  ConfigError,
  DataError,
  EngineError,
  InfeasibleError,
  MissingPackageError,
  Ml4tError,
  NotFittedError,
  NotIdentifiedError,
  OutputError,
  ShapeError,
  SourceError,
  WorkerError,
  type ErrorCode,
} from './errors.ts';
export { factorModelReport, type FactorModelReport } from './evaluation/factor-model-report.ts';
export { latentFactorReport } from './evaluation/latent-factor-report.ts';
export { nonOverlappingDates } from './evaluation/non-overlapping.ts';
export { walkForward, type WalkForwardResult, type WalkForwardSplit } from './evaluation/walk-forward.ts';
export { findingCodes, type FindingCode, type PanelFinding } from './look/finding.ts';
export { lookAtPanel } from './look/look-at-panel.ts';
export { findReturnOverlap } from './look/return-overlap.ts';
export { areaUnderCurve, logLoss } from './metrics/classification.ts';
export { managedPortfolioR2, managedPortfolios } from './metrics/managed-portfolios.ts';
export { predictiveR2, r2ByDate, totalR2, uncentredR2 } from './metrics/r-squared.ts';
export { rankCorrelation, rankInformationCoefficient } from './metrics/rank-correlation.ts';
export {
  annualizedSharpeRatio,
  sharpeRatio,
  sharpeRatioInference,
  sharpeRatioStandardError,
} from './metrics/sharpe-ratio.ts';
export { longShortDeciles, longShortWeights } from './metrics/sorted-portfolios.ts';
export {
  outOfSampleTangencySharpe,
  tangencyPortfolio,
  tangencySharpe,
  tangencySharpeBias,
} from './metrics/tangency-portfolio.ts';
export { turnover } from './metrics/turnover.ts';
export type {
  AssetPredictionModel,
  EnsembleEstimator,
  Estimator,
  ExtractOptions,
  FactorForecaster,
  FactorMapper,
  FitOptions,
  LatentFactorModel,
  PortfolioModel,
  PortfolioPostprocessor,
  RunOptions,
  StochasticDiscountFactorEstimator,
} from './models/interfaces.ts';
export { describeProgress, type Progress } from './models/progress.ts';
export { exAnteVolatility, forwardReturnsFromPrices } from './preprocessing/ex-ante-volatility.ts';
export { imputeCharacteristics } from './preprocessing/impute.ts';
export { rankNormalize } from './preprocessing/rank-normalize.ts';
export { standardizeCharacteristics, winsorize } from './preprocessing/standardize.ts';
export { trendFeatures } from './preprocessing/trend-features.ts';
export { Random } from './random/random.ts';
export { AssetSignalResult, AssetWeightsResult, StochasticDiscountFactorState } from './results/asset-level.ts';
export { describeFit } from './results/describe-fit.ts';
export {
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
} from './results/latent-factors.ts';
export { PortfolioWeightsResult, type PortfolioPrediction } from './results/portfolio.ts';
export { purgedGroupSplits } from './splits/purged-group-splits.ts';
export { expandingSplits, rollingSplits, type Split } from './splits/walk-forward-splits.ts';
export { formatTimestamp, parseTimestamp, parseTimestamps, type TimestampInput } from './timestamps.ts';
