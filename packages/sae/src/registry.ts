import { configJsonSchema, type ModelRegistration } from '@ml4t/core/authoring';
import type { ArtifactSource } from '@ml4t/core/persist';
import { parseSAEConfig, saeConfigSchema } from './sae/config.ts';
import { SAEModel } from './sae/model.ts';

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
    load: (source: ArtifactSource) => SAEModel.load(source),
  },
]);
