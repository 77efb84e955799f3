import {
  ArtifactError,
  NotFittedError,
  type ExtractOptions,
  type FitOptions,
  type FitSummary,
  type PortfolioModel,
  type PortfolioPostprocessor,
  type PortfolioPrediction,
  type PortfolioSequenceBatch,
} from '@ml4t/core';
import {
  buildPart,
  findNamed,
  loadPipeline,
  readSaved,
  requireArrays,
  savePart,
  savePipeline,
  type LoadableModel,
  type NamedPart,
} from '@ml4t/core/persist';
import * as z from 'zod';
import { modelRegistry, postprocessorRegistry } from './registry.ts';
import { packageVersion } from './version.ts';

/** Classes (or registrations) beside those of this package that a saved pipeline may have parts of. */
export interface AllocationPipelineClasses {
  /** With static `modelType` and `load`. */
  readonly models?: readonly LoadableModel[];
  /** With static `postprocessorType` and `create`. */
  readonly postprocessors?: readonly NamedPart<'postprocessorType', PortfolioPostprocessor>[];
}

const format = { pipelineType: 'portfolio-allocation-pipeline', formatVersion: 1 } as const;
const savedConfig = z.strictObject({ postprocessors: z.array(z.unknown()) });

/**
 * A portfolio model and the postprocessors that its weights go through, in their order, as one object.
 *
 * `fit` hands validation, signal and progress to the model. `predict` hands the checkpoint to it, and returns the model's own
 * weights beside those that came out at the end.
 *
 * @example
 * const pipeline = new PortfolioAllocationPipeline({
 *   model: new LinearFeaturePortfolioModel(),
 *   postprocessors: [new WeightConstraintPostprocessor({ maxAbsWeight: 0.1 })],
 * });
 * await pipeline.fit(train, { validation });
 * await pipeline.save('linear.pipeline');
 * // In another process:
 * const served = await PortfolioAllocationPipeline.load('linear.pipeline');
 * const { weights } = await served.predict(test);
 */
export class PortfolioAllocationPipeline {
  readonly model: PortfolioModel;
  readonly postprocessors: readonly PortfolioPostprocessor[];

  constructor(parts: {
    readonly model: PortfolioModel;
    /** None where absent: the model's weights are the result. */
    readonly postprocessors?: readonly PortfolioPostprocessor[];
  }) {
    this.model = parts.model;
    this.postprocessors = Object.freeze([...(parts.postprocessors ?? [])]);
  }

  get isFitted(): boolean {
    return this.model.isFitted;
  }

  async fit(batch: PortfolioSequenceBatch, options: FitOptions<PortfolioSequenceBatch> = {}): Promise<FitSummary> {
    return this.model.fit(batch, options);
  }

  /** Throws as the model and the postprocessors do. */
  async predict(batch: PortfolioSequenceBatch, options: ExtractOptions = {}): Promise<PortfolioPrediction> {
    const modelWeights = await this.model.predict(batch, options);
    const weights = this.postprocessors.reduce((w, postprocessor) => postprocessor.transform(batch, w), modelWeights);
    return { modelWeights, weights };
  }

  /**
   * Writes the model's artifact and the configurations of the postprocessors, in their order, as one artifact, atomically.
   *
   * Throws NotFittedError; DataError, before anything is written, for a part that has no name, the name of another class or a
   * configuration that JSON cannot hold; OutputError.
   */
  async save(path: string): Promise<void> {
    const { model } = this;
    if (!model.isFitted) throw new NotFittedError('PortfolioAllocationPipeline', 'save');
    savePart('model', 'modelType', model, modelRegistry);
    const postprocessors = this.postprocessors.map((part, at) =>
      savePart(`postprocessors[${at}]`, 'postprocessorType', part, postprocessorRegistry),
    );
    await savePipeline(path, {
      ...format,
      packageVersion: packageVersion(),
      model,
      parts: { postprocessors },
      state: null,
      arrays: {},
    });
  }

  /**
   * Reads a pipeline that `save` wrote: `predict` gives the same bits, at every checkpoint. Classes are found by name among those of this
   * package and those passed; no code is in the file.
   *
   * Throws ArtifactError when the file is missing, damaged, of something else, from a later version, or names a class that is not known.
   */
  static async load(path: string, classes: AllocationPipelineClasses = {}): Promise<PortfolioAllocationPipeline> {
    const artifact = await loadPipeline(path, format);
    requireArrays(artifact, []);
    const known = [...postprocessorRegistry, ...(classes.postprocessors ?? [])];
    const postprocessors = readSaved(`${path}: config`, artifact.config, savedConfig).postprocessors.map((saved, at) =>
      buildPart(`${path}: config.postprocessors[${at}]`, 'postprocessorType', saved, known, 'postprocessors'),
    );
    const models = [...modelRegistry, ...(classes.models ?? [])];
    const { modelType } = artifact.model;
    const model = await findNamed(`${path}: config.model`, 'modelType', modelType, models, 'models').load(
      artifact.model,
    );
    if (!('predict' in model))
      throw new ArtifactError({
        field: `${path}: config.model`,
        expected: 'a portfolio model',
        found: `${modelType}, which has no \`predict\``,
        remedy: 'Pass the class of the model that was saved.',
      });
    return new PortfolioAllocationPipeline({ model: model as unknown as PortfolioModel, postprocessors });
  }
}
