import {
  requirePredictArguments,
  requireSameColumns,
  type AssetPredictionModel,
  type AssetSignalResult,
  type CrossSectionBatch,
  type RunOptions,
} from '@ml4t/core';
import { resolveEngine, type ResolvedEngine } from '@ml4t/core/engine';
import {
  chooseCheckpoint,
  commonCheckpoints,
  NetworkEnsemble,
  requireCheckpoint,
  type EnsembleTraining,
} from '@ml4t/core/ensemble';
import { loadArtifact, type ArtifactSource } from '@ml4t/core/persist';
import { contentOf, fitOf } from './artifact.ts';
import { parseSAEConfig, type SAEConfig, type SAEConfigInput } from './config.ts';
import { trainingData } from './dataset.ts';
import type { SAEFit } from './fitted.ts';
import { labelBatches, type LabelledBatch } from './labelled.ts';
import { trainMember, type SAEMember } from './members.ts';
import { judge } from './metrics.ts';
import { parameterCount, saeParameters } from './network.ts';
import type { SAEFitOptions, SAEPredictOptions } from './options.ts';
import { predictBatch, predictorOf } from './predict.ts';
import { summarise } from './summary.ts';
import { packageVersion } from './version.ts';

/**
 * Supervised autoencoder: a code that must rebuild the characteristics *and* help to predict, and a deep head on both.
 *
 * `L = w_r |x - decode(e)|^2 + w_a l(auxiliary(decode(e)), y) + w_m l(main(x, e), y)`, e the code of noisy, batch-normalised
 * characteristics; l is the squared error, the cross-entropy, or 1 - rank IC. The network is drawn in docs/models/sae.md.
 * Early stopping and the choice of the checkpoint look at the *main* loss on the validation dates alone.
 *
 * A row takes part in training when all its characteristics and a target are known; it is predicted when all its characteristics
 * are. A prediction uses its own row and nothing else (within an ensemble trained for rank IC: its own date). Without a validation
 * batch `fit` holds out the last `validationShare` of the dates; it throws DataError without targets or complete rows, and
 * ConfigError for contradictory options.
 *
 * Source: the first-placed solution of the Jane Street Market Prediction competition (2021), and the supervised autoencoders of
 * Le, Patterson and White (2018), NeurIPS 31.
 *
 * @example
 * const model = new SAEModel({ ensembleSize: 3 });
 * const summary = await model.fit(train, { validation });
 * const { signals } = await model.predict(test);
 */
export class SAEModel
  extends NetworkEnsemble<CrossSectionBatch, SAEFitOptions, SAEMember, SAEFit>
  implements AssetPredictionModel
{
  readonly modelType = 'sae';
  readonly config: SAEConfig;
  protected readonly packageVersion = packageVersion();
  protected override readonly batchKind = 'cross-section';
  protected override readonly ownFitOptions = ['targets', 'validationTargets', 'sampleWeights'];

  /** Throws ConfigError when a field is unknown or out of range, or two of them contradict each other. */
  constructor(config: SAEConfigInput = {}) {
    super();
    this.config = parseSAEConfig(config);
  }

  get ensembleSize(): number {
    return this.config.ensembleSize;
  }
  /** Names of the columns of `predict` (C). */
  get targetNames(): readonly string[] {
    return this.requireFit('targetNames').targetNames;
  }

  /**
   * Signals (R x C) in the batch's row order, NaN where a characteristic is missing: expected returns, scores (scaled within
   * dates, trained for rank IC, or of targets given to `fit`) or probabilities.
   * Throws NotFittedError, DataError when the characteristics are not those of the fit, ConfigError for an unknown checkpoint.
   */
  async predict(batch: CrossSectionBatch, options: SAEPredictOptions = {}): Promise<AssetSignalResult> {
    const fit = this.requireFit('predict');
    requirePredictArguments(batch, options, { operation: 'SAEModel.predict', kind: 'cross-section' });
    requireSameColumns('characteristicNames', batch.characteristicNames, fit.characteristicNames);
    const { checkpoints, defaultCheckpoint = 'last' } = fit.summary;
    const checkpoint = options.checkpoint ?? defaultCheckpoint;
    requireCheckpoint(checkpoint, checkpoints, 'a checkpointInterval or checkpointAt');
    const { engine } = await this.#resolve(fit.summary.runRecord.dimensions.parameters);
    try {
      const run: Pick<RunOptions, 'signal'> = options.signal ? { signal: options.signal } : {};
      return await predictBatch(predictorOf(engine, this.config, fit), batch, checkpoint, run);
    } finally {
      await engine.dispose();
    }
  }

  /** Reads an artifact that `save` wrote. Throws ArtifactError when it is missing, damaged or of another model. */
  static async load(source: ArtifactSource): Promise<SAEModel> {
    const artifact = await loadArtifact(source, { modelType: 'sae' });
    const model = new SAEModel(parseSAEConfig(artifact.config));
    model.restore(fitOf(artifact, model.config));
    return model;
  }

  protected override async open<T>(
    batch: CrossSectionBatch,
    options: SAEFitOptions,
    use: (training: EnsembleTraining<SAEMember, SAEFit>) => Promise<T>,
  ): Promise<T> {
    const { config } = this;
    batch.requireCharacteristics('SAEModel.fit');
    const labelled = labelBatches(batch, options, config);
    const data = trainingData(labelled, config);
    const { train, validation } = labelled;
    const specs = saeParameters(config, { inputs: batch.nCharacteristics, outputs: train.targets.names.length });
    const parameters = parameterCount(specs);
    const { engine, resolution } = await this.#resolve(parameters);
    const training = { engine, config, specs, scale: data.inputs, data: data.train, validation: data.validation };
    try {
      return await use({
        arithmetic: resolution.arithmetic,
        train: (seed, member, onProgress) => trainMember(training, seed, member, { ...options, onProgress }),
        combine: async (members) => {
          const fit = {
            characteristicNames: [...batch.characteristicNames],
            targetNames: [...train.targets.names],
            ownReturns: options.targets === undefined,
            inputs: data.inputs,
            targets: data.targets,
            members: members.map(({ checkpoints, snapshots }) => ({ checkpoints, snapshots })),
          };
          const checkpoints = commonCheckpoints(members);
          const { checkpoint, notes } = chooseCheckpoint(config.defaultCheckpoint, checkpoints, 'epoch');
          const predictor = predictorOf(engine, config, fit);
          const judgeOn = async ({ batch: on, targets: truth }: LabelledBatch) =>
            judge(on.index, truth, await predictBatch(predictor, on, checkpoint, options), config);
          const onTrain = await judgeOn(train);
          const onValidation = validation && (await judgeOn(validation));
          const { backend } = resolution;
          const outcome = { checkpoints, checkpoint, notes, onTrain, onValidation };
          return {
            ...fit,
            summary: summarise({ config, labelled, data, fit, members, backend, parameters, ...outcome }),
          };
        },
      });
    } finally {
      await engine.dispose();
    }
  }

  protected override contentOf(fit: SAEFit): ReturnType<typeof contentOf> {
    return contentOf(this.config, fit);
  }

  #resolve(modelSize: number): Promise<ResolvedEngine> {
    const { engine, threads } = this.config;
    return resolveEngine({
      engine,
      modelSize,
      ...(threads === null ? {} : { threads }),
    });
  }
}
