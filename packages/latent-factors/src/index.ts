export { ExpandingMeanFactorForecaster, type ForecasterConfig } from './forecasters/expanding-mean.ts';
export { identifyFactors, type FactorCoordinates } from './identification.ts';
export { ipcaConfigSchema, type IPCAConfig, type IPCAConfigInput } from './ipca/config.ts';
export { IPCAModel } from './ipca/model.ts';
export { BetaLambdaMapper } from './mappers/beta-lambda.ts';
export { pcaConfigSchema, type PCAConfig, type PCAConfigInput } from './pca/config.ts';
export { PCAModel } from './pca/model.ts';
export { LatentFactorForecastPipeline } from './pipeline.ts';
export { forecasterRegistry, modelRegistry, type ForecasterRegistration } from './registry.ts';
