import type { PortfolioPostprocessor } from '@ml4t/core';
import { configJsonSchema, type ModelRegistration } from '@ml4t/core/authoring';
import type { ArtifactSource } from '@ml4t/core/persist';
import { deepPortfolioConfigSchema, parseDeepPortfolioConfig } from './deep/config.ts';
import { DeepPortfolioModel } from './deep/model.ts';
import { EqualWeightPortfolioModel, equalWeightConfigSchema, parseEqualWeightConfig } from './equal-weight/model.ts';
import { linearPortfolioConfigSchema, parseLinearPortfolioConfig } from './linear/config.ts';
import { LinearFeaturePortfolioModel } from './linear/model.ts';
import { lstmPortfolioConfigSchema, parseLSTMPortfolioConfig } from './lstm/config.ts';
import { LSTMPortfolioModel } from './lstm/model.ts';
import { WeightConstraintPostprocessor, weightConstraintConfigSchema } from './postprocessor.ts';

/** The models of this package, for tools that build them by name. */
export const modelRegistry: readonly ModelRegistration[] = Object.freeze([
  {
    modelType: 'equal-weight',
    title: 'Equal weights, the benchmark',
    batchKind: 'portfolio-sequence',
    task: 'portfolio',
    configJsonSchema: () => configJsonSchema(equalWeightConfigSchema),
    create: (config: unknown) => new EqualWeightPortfolioModel(parseEqualWeightConfig(config)),
    load: (source: ArtifactSource) => EqualWeightPortfolioModel.load(source),
  },
  {
    modelType: 'linear-portfolio',
    title: 'Portfolio linear in features',
    batchKind: 'portfolio-sequence',
    task: 'portfolio',
    configJsonSchema: () => configJsonSchema(linearPortfolioConfigSchema),
    create: (config: unknown) => new LinearFeaturePortfolioModel(parseLinearPortfolioConfig(config)),
    load: (source: ArtifactSource) => LinearFeaturePortfolioModel.load(source),
  },
  {
    modelType: 'lstm-portfolio',
    title: 'Portfolio by an LSTM',
    batchKind: 'portfolio-sequence',
    task: 'portfolio',
    configJsonSchema: () => configJsonSchema(lstmPortfolioConfigSchema),
    create: (config: unknown) => new LSTMPortfolioModel(parseLSTMPortfolioConfig(config)),
    ensembleSize: (config: unknown) => parseLSTMPortfolioConfig(config).ensembleSize,
    load: (source: ArtifactSource) => LSTMPortfolioModel.load(source),
  },
  {
    modelType: 'deep-portfolio',
    title: 'Portfolio by attention over time and assets',
    batchKind: 'portfolio-sequence',
    task: 'portfolio',
    configJsonSchema: () => configJsonSchema(deepPortfolioConfigSchema),
    create: (config: unknown) => new DeepPortfolioModel(parseDeepPortfolioConfig(config)),
    ensembleSize: (config: unknown) => parseDeepPortfolioConfig(config).ensembleSize,
    load: (source: ArtifactSource) => DeepPortfolioModel.load(source),
  },
]);

/** How a postprocessor is found and built by name. */
export interface PostprocessorRegistration {
  readonly postprocessorType: string;
  readonly title: string;
  configJsonSchema(): Record<string, unknown>;
  /** Throws ConfigError when the configuration is wrong. */
  create(config: unknown): PortfolioPostprocessor;
}

export const postprocessorRegistry: readonly PostprocessorRegistration[] = Object.freeze([
  {
    postprocessorType: 'weight-constraint',
    title: 'Closest weights within exposures, cap and turnover',
    configJsonSchema: () => configJsonSchema(weightConstraintConfigSchema),
    create: (config: unknown) => new WeightConstraintPostprocessor(config as object),
  },
]);
