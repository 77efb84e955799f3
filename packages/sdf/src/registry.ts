import { configJsonSchema, type ModelRegistration } from '@ml4t/core/authoring';
import type { ArtifactSource } from '@ml4t/core/persist';
import { parseSdfConfig, sdfConfigSchema } from './sdf/config.ts';
import { StochasticDiscountFactorModel } from './sdf/model.ts';

/** The models of this package, for tools that build them by name. */
export const modelRegistry: readonly ModelRegistration[] = Object.freeze([
  {
    modelType: 'stochastic-discount-factor',
    title: 'Adversarial stochastic discount factor',
    batchKind: 'cross-section',
    task: 'stochastic-discount-factor',
    configJsonSchema: () => configJsonSchema(sdfConfigSchema),
    create: (config: unknown) => new StochasticDiscountFactorModel(parseSdfConfig(config)),
    ensembleSize: (config: unknown) => parseSdfConfig(config).ensembleSize,
    load: (source: ArtifactSource) => StochasticDiscountFactorModel.load(source),
  },
]);
