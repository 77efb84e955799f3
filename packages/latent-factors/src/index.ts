export {
  testInstruments,
  testIntercept,
  testPreSpecifiedFactor,
  type BootstrapOptions,
  type BootstrapPhase,
  type BootstrapTest,
} from './ipca/bootstrap/tests.ts';
export { caeConfigSchema, caePresets, type CAEConfig, type CAEConfigInput, type CAEPreset } from './cae/config.ts';
export type { CAEFitOptions } from './cae/fit.ts';
export { regressionPortfolios } from './cae/managed-portfolios.ts';
export { CAEModel, type CAEExtractOptions, type CharacteristicImportance } from './cae/model.ts';
export { AR1FactorForecaster, type AR1Config } from './forecasters/ar1.ts';
export {
  EWMAFactorForecaster,
  EWMAFactorForecaster as EWMABaseFactorForecaster,
  type EWMAConfig,
} from './forecasters/ewma.ts';
export { ExpandingMeanFactorForecaster } from './forecasters/expanding-mean.ts';
export type { ForecasterConfig } from './forecasters/premium-forecaster.ts';
export { alignedState, factorAlignment, type FactorAlignment } from './factor-alignment.ts';
export { identifyFactors, type FactorCoordinates } from './identification.ts';
export { ipcaConfigSchema, type IPCAConfig, type IPCAConfigInput } from './ipca/config.ts';
export type { FactorReturnSeries } from './ipca/given-factors.ts';
export type { IPCAMetrics } from './ipca/fit-metrics.ts';
export { IPCAModel, type IPCAExtractOptions, type IPCAFitOptions } from './ipca/model.ts';
export {
  managedPortfolioStatistics,
  streamedStatistics,
  sufficientStatistics,
  type IPCAPhase,
  type ManagedPortfolioPanel,
  type SufficientStatistics,
} from './ipca/sufficient-statistics.ts';
export { BetaLambdaMapper } from './mappers/beta-lambda.ts';
export { pcaConfigSchema, type PCAConfig, type PCAConfigInput } from './pca/config.ts';
export { PCAModel, type PCAMetrics } from './pca/model.ts';
export {
  numberOfFactors,
  type FactorCountMethods,
  type NumberOfFactors,
  type NumberOfFactorsOptions,
} from './pca/number-of-factors.ts';
export { LatentFactorForecastPipeline, type ForecastPipelineClasses, type PreSpecifiedFactors } from './pipeline.ts';
export {
  forecasterRegistry,
  mapperRegistry,
  modelRegistry,
  type ForecasterRegistration,
  type MapperRegistration,
} from './registry.ts';
export { rppcaConfigSchema, type RPPCAConfig, type RPPCAConfigInput } from './rp-pca/config.ts';
export {
  proximateFactorConfigSchema,
  type ProximateFactorConfig,
  type ProximateFactorConfigInput,
} from './proximate-factor/config.ts';
export { ProximateFactorModel, type ProximateFactorMetrics } from './proximate-factor/model.ts';
export type { RPPCAMetrics } from './rp-pca/fit-metrics.ts';
export { RPPCAModel } from './rp-pca/model.ts';
export type { StaticLoadingsPhase } from './static-loadings/imputation.ts';
export {
  selectRPPCA,
  type RPPCACandidate,
  type RPPCASelection,
  type RPPCASelectionOptions,
} from './rp-pca/selection.ts';
