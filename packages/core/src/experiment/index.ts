// What a package gives so that experiments can use its models: the interface of a family, and parts to make one of.
export { assetLoadings, exposureCorrelations } from './exposures.ts';
export type { ExposureTable } from './exposures.ts';
export { crossSection, familyOfModels, refuseFactors, registrationOf } from './family.ts';
export type {
  ExperimentBatch,
  ExperimentEstimator,
  ExperimentPrediction,
  FactorSeries,
  Family,
  ParsedConfigs,
  PartSpecification,
  PreSpecifiedSeries,
} from './family.ts';
export { ModelEstimator } from './model-estimator.ts';
export type { ModelData } from './model-estimator.ts';
