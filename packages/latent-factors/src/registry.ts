import type { FactorForecaster, FactorMapper } from '@ml4t/core';
import { configJsonSchema, type ModelRegistration } from '@ml4t/core/authoring';
import type { ArtifactSource } from '@ml4t/core/persist';
import { caeConfigSchema, parseCAEConfig } from './cae/config.ts';
import { CAEModel } from './cae/model.ts';
import { AR1FactorForecaster, ar1ConfigSchema } from './forecasters/ar1.ts';
import { EWMAFactorForecaster, ewmaConfigSchema } from './forecasters/ewma.ts';
import { ExpandingMeanFactorForecaster } from './forecasters/expanding-mean.ts';
import { forecasterConfigSchema } from './forecasters/premium-forecaster.ts';
import { ipcaConfigSchema, parseIPCAConfig } from './ipca/config.ts';
import { IPCAModel } from './ipca/model.ts';
import { BetaLambdaMapper, betaLambdaConfigSchema } from './mappers/beta-lambda.ts';
import { parsePCAConfig, pcaConfigSchema } from './pca/config.ts';
import { PCAModel } from './pca/model.ts';
import { parseProximateFactorConfig, proximateFactorConfigSchema } from './proximate-factor/config.ts';
import { ProximateFactorModel } from './proximate-factor/model.ts';
import { parseRPPCAConfig, rppcaConfigSchema } from './rp-pca/config.ts';
import { RPPCAModel } from './rp-pca/model.ts';

/** The models of this package, for tools that build them by name. */
export const modelRegistry: readonly ModelRegistration[] = Object.freeze([
  {
    modelType: 'pca',
    title: 'Principal component analysis',
    batchKind: 'persistent-panel',
    task: 'latent-factors',
    configJsonSchema: () => configJsonSchema(pcaConfigSchema),
    create: (config: unknown) => new PCAModel(parsePCAConfig(config)),
    load: (source: ArtifactSource) => PCAModel.load(source),
  },
  {
    modelType: 'rp-pca',
    title: 'Risk-premium principal component analysis',
    batchKind: 'persistent-panel',
    task: 'latent-factors',
    configJsonSchema: () => configJsonSchema(rppcaConfigSchema),
    create: (config: unknown) => new RPPCAModel(parseRPPCAConfig(config)),
    load: (source: ArtifactSource) => RPPCAModel.load(source),
  },
  {
    modelType: 'proximate-factor',
    title: 'Proximate factors: principal components of a few assets each',
    batchKind: 'persistent-panel',
    task: 'latent-factors',
    configJsonSchema: () => configJsonSchema(proximateFactorConfigSchema),
    create: (config: unknown) => new ProximateFactorModel(parseProximateFactorConfig(config)),
    load: (source: ArtifactSource) => ProximateFactorModel.load(source),
  },
  {
    modelType: 'ipca',
    title: 'Instrumented principal component analysis',
    batchKind: 'cross-section',
    task: 'latent-factors',
    configJsonSchema: () => configJsonSchema(ipcaConfigSchema),
    create: (config: unknown) => new IPCAModel(parseIPCAConfig(config)),
    chainsFolds: (config: unknown) => parseIPCAConfig(config).warmStart,
    load: (source: ArtifactSource) => IPCAModel.load(source),
  },
  {
    modelType: 'cae',
    title: 'Conditional autoencoder',
    batchKind: 'cross-section',
    task: 'latent-factors',
    configJsonSchema: () => configJsonSchema(caeConfigSchema),
    create: (config: unknown) => new CAEModel(parseCAEConfig(config)),
    ensembleSize: (config: unknown) => parseCAEConfig(config).ensembleSize,
    load: (source: ArtifactSource) => CAEModel.load(source),
  },
]);

/** How a forecaster is found and built by name. */
export interface ForecasterRegistration {
  readonly forecasterType: string;
  readonly title: string;
  configJsonSchema(): Record<string, unknown>;
  /** Throws ConfigError when the configuration is wrong. */
  create(config: unknown): FactorForecaster;
}

export const forecasterRegistry: readonly ForecasterRegistration[] = Object.freeze([
  {
    forecasterType: 'expanding-mean',
    title: 'Mean of the factor returns realised so far',
    configJsonSchema: () => configJsonSchema(forecasterConfigSchema),
    create: (config: unknown) => new ExpandingMeanFactorForecaster(config as object),
  },
  {
    forecasterType: 'ewma',
    title: 'Exponentially weighted mean of the factor returns realised so far',
    configJsonSchema: () => configJsonSchema(ewmaConfigSchema),
    create: (config: unknown) => new EWMAFactorForecaster(config as object),
  },
  {
    forecasterType: 'ar1',
    title: 'First-order autoregression of each factor, drawn towards its mean',
    configJsonSchema: () => configJsonSchema(ar1ConfigSchema),
    create: (config: unknown) => new AR1FactorForecaster(config as object),
  },
]);

/** How a mapper is found and built by name. */
export interface MapperRegistration {
  readonly mapperType: string;
  readonly title: string;
  configJsonSchema(): Record<string, unknown>;
  /** Throws ConfigError when the configuration is wrong. */
  create(config: unknown): FactorMapper;
}

export const mapperRegistry: readonly MapperRegistration[] = Object.freeze([
  {
    mapperType: 'beta-lambda',
    title: 'Exposures times premia',
    configJsonSchema: () => configJsonSchema(betaLambdaConfigSchema),
    create: (config: unknown) => new BetaLambdaMapper(config as Record<string, never>),
  },
]);
