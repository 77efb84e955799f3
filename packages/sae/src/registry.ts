import { configJsonSchema, type ModelRegistration } from '@ml4t/core';
import { parseSAEConfig, saeConfigSchema } from './config.ts';
import { SAEModel } from './model.ts';

/** The models of this package, for tools that build them by name. */
export const modelRegistry: readonly ModelRegistration[] = Object.freeze([
  {
    modelType: 'sae',
    title: 'Supervised autoencoder',
    batchKind: 'cross-section',
    task: 'asset-prediction',
    configJsonSchema: () => configJsonSchema(saeConfigSchema),
    create: (config: unknown) => new SAEModel(parseSAEConfig(config)),
    ensembleSize: (config: unknown) => parseSAEConfig(config).ensembleSize,
    load: (path: string) => SAEModel.load(path),
  },
]);
