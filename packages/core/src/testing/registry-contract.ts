import assert from 'node:assert/strict';
import type { Estimator, ExtractOptions, ModelRegistration } from '../models/interfaces.ts';
import type { ArtifactSource } from '../persist/index.ts';
import { contractBatches } from './contract-batches.ts';
import { estimatorContract, type ContractCheck } from './estimator-contract.ts';

/** The contract of one registered model. */
export interface RegisteredContract {
  readonly modelType: string;
  readonly checks: readonly ContractCheck[];
}

export interface RegistryContractOptions {
  /** A configuration by model type; the empty one where absent. */
  readonly configs?: Readonly<Record<string, object>>;
  /** Models whose output does not depend on what they were fitted on: for these a refit has nothing to forget. */
  readonly learnNothing?: readonly string[];
}

/** A model that gives something of a batch, by whichever name its task has for it. */
interface Applied extends Estimator<object> {
  extract?(batch: object, options?: ExtractOptions): Promise<object>;
  predict?(batch: object, options?: ExtractOptions): Promise<object>;
}

/**
 * The estimator contract of every model that a package registers, on batches of the kind that its registration names. A model that is
 * added to the registry is in it without another line; `configs` is for those whose defaults take too long for a test.
 *
 * @throws AssertionError for an option about a model that is not registered
 */
export function registryContract(
  registry: readonly ModelRegistration[],
  { configs = {}, learnNothing = [] }: RegistryContractOptions = {},
): readonly RegisteredContract[] {
  const types = registry.map(({ modelType }) => modelType);
  for (const type of [...Object.keys(configs), ...learnNothing])
    assert.ok(types.includes(type), `${type}: no model of that type is registered`);
  return registry.map((registration) => {
    const { modelType, batchKind, title } = registration;
    const create = (): Applied => registration.create(configs[modelType] ?? {}) as Applied;
    const checks = estimatorContract<object, Applied>({
      ...contractBatches(batchKind),
      create,
      extractOrPredict: async (model, batch) => {
        if (model.extract) return model.extract(batch);
        assert.ok(model.predict, `${modelType} has neither extract nor predict`);
        return model.predict(batch);
      },
      load: async (source: ArtifactSource) => (await registration.load(source)) as Applied,
    });
    const own: ContractCheck = {
      name: 'is what its registration says',
      run: async () => {
        const model = create();
        assert.equal(model.modelType, modelType, 'modelType');
        assert.ok(title.length > 3, 'title');
        assert.equal('ensembleSize' in model, registration.ensembleSize !== undefined, 'ensembleSize');
        if (registration.ensembleSize)
          assert.equal(
            registration.ensembleSize(configs[modelType] ?? {}),
            (model as { ensembleSize?: number }).ensembleSize,
          );
        const schema = registration.configJsonSchema();
        for (const key of Object.keys(model.config))
          assert.ok(Object.hasOwn((schema.properties ?? {}) as object, key), `${key} is not in the JSON Schema`);
      },
    };
    const forgets = (check: ContractCheck): boolean => check.name.startsWith('forgets');
    return {
      modelType,
      checks: [own, ...checks.filter((check) => !(learnNothing.includes(modelType) && forgets(check)))],
    };
  });
}
