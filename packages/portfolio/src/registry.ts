import { configJsonSchema, type ModelRegistration } from '@ml4t/core';
import { deepPortfolioConfigSchema, parseDeepPortfolioConfig } from './deep/config.ts';
import { DeepPortfolioModel } from './deep/model.ts';
import { EqualWeightPortfolioModel, equalWeightConfigSchema, parseEqualWeightConfig } from './equal-weight/model.ts';
import { linearPortfolioConfigSchema, parseLinearPortfolioConfig } from './linear/config.ts';
import { LinearFeaturePortfolioModel } from './linear/model.ts';
import { lstmPortfolioConfigSchema, parseLSTMPortfolioConfig } from './lstm/config.ts';
import { LSTMPortfolioModel } from './lstm/model.ts';

/** The models of this package, for tools that build them by name. */
export const modelRegistry: readonly ModelRegistration[] = Object.freeze([
  {
    modelType: 'equal-weight',
    title: 'Equal weights, the benchmark',
    batchKind: 'portfolio-sequence',
    task: 'portfolio',
    configJsonSchema: () => configJsonSchema(equalWeightConfigSchema),
    create: (config: unknown) => new EqualWeightPortfolioModel(parseEqualWeightConfig(config)),
    load: (path: string) => EqualWeightPortfolioModel.load(path),
  },
  {
    modelType: 'linear-portfolio',
    title: 'Portfolio linear in features',
    batchKind: 'portfolio-sequence',
    task: 'portfolio',
    configJsonSchema: () => configJsonSchema(linearPortfolioConfigSchema),
    create: (config: unknown) => new LinearFeaturePortfolioModel(parseLinearPortfolioConfig(config)),
    load: (path: string) => LinearFeaturePortfolioModel.load(path),
  },
  {
    modelType: 'lstm-portfolio',
    title: 'Portfolio by an LSTM',
    batchKind: 'portfolio-sequence',
    task: 'portfolio',
    configJsonSchema: () => configJsonSchema(lstmPortfolioConfigSchema),
    create: (config: unknown) => new LSTMPortfolioModel(parseLSTMPortfolioConfig(config)),
    ensembleSize: (config: unknown) => parseLSTMPortfolioConfig(config).ensembleSize,
    load: (path: string) => LSTMPortfolioModel.load(path),
  },
  {
    modelType: 'deep-portfolio',
    title: 'Portfolio by attention over time and assets',
    batchKind: 'portfolio-sequence',
    task: 'portfolio',
    configJsonSchema: () => configJsonSchema(deepPortfolioConfigSchema),
    create: (config: unknown) => new DeepPortfolioModel(parseDeepPortfolioConfig(config)),
    ensembleSize: (config: unknown) => parseDeepPortfolioConfig(config).ensembleSize,
    load: (path: string) => DeepPortfolioModel.load(path),
  },
]);
