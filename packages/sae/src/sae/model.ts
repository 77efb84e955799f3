import type { AssetPredictionModel, AssetSignalResult, CrossSectionBatch } from '@ml4t/core';
import { requirePredictArguments, requireSameColumns } from '@ml4t/core/authoring';
import { NetworkEnsemble, weightsOf, type NetworkTraining } from '@ml4t/core/ensemble';
import type { ParameterSpecs } from '@ml4t/core/nn';
import { loadArtifact, type ArtifactSource } from '@ml4t/core/persist';
import { fromArtifact, toArtifact } from './artifact.ts';
import { parseSAEConfig, type SAEConfig, type SAEConfigInput } from './config.ts';
import { trainingData } from './dataset.ts';
import type { SAEFit, SAETypes } from './fitted.ts';
import type { SAEFitOptions, SAEPredictOptions } from './options.ts';
import { labelBatches, type LabelledBatch } from './labelled.ts';
import { trainMember } from './members.ts';
import { judge } from './metrics.ts';
import { saeParameters } from './network.ts';
import { predictBatch, predictorOf } from './predict.ts';
import { packageVersion } from '../version.ts';

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
export class SAEModel extends NetworkEnsemble<SAETypes> implements AssetPredictionModel {
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
    const checkpoint = this.checkpointOf(fit, options.checkpoint);
    return this.withEngine(fit, (engine) =>
      predictBatch(predictorOf(engine, this.config, fit), batch, checkpoint, options),
    );
  }

  /** Reads an artifact that `save` wrote. Throws ArtifactError when it is missing, damaged or of another model. */
  static async load(source: ArtifactSource): Promise<SAEModel> {
    const artifact = await loadArtifact(source, { modelType: 'sae', formatVersion: 2 });
    const model = new SAEModel(parseSAEConfig(artifact.config));
    model.restore(fromArtifact(artifact, model.config));
    return model;
  }

  protected override prepare(batch: CrossSectionBatch, options: SAEFitOptions): NetworkTraining<SAETypes> {
    const { config } = this;
    batch.requireCharacteristics('SAEModel.fit');
    const labelled = labelBatches(batch, options, config);
    const { train, validation } = labelled;
    const { inputs, targets, ...data } = trainingData(labelled, config);
    const [all, used] = [train.batch.nRows, data.train.rows.length];
    const { names } = train.targets;
    const specs = saeParameters(config, { inputs: batch.nCharacteristics, outputs: names.length });
    const training = { config, specs, scale: inputs, data: data.train, validation: data.validation };
    return {
      specs,
      validated: validation !== undefined,
      dimensions: {
        dates: train.batch.nDates,
        rows: all,
        rowsUsed: used,
        validationRowsUsed: data.validation?.rows.length ?? 0,
        characteristics: batch.nCharacteristics,
        targets: names.length,
      },
      notes: [
        ...labelled.notes,
        ...(used < all ? [`${all - used} training rows with a missing characteristic or target took no part.`] : []),
      ],
      train: (engine, run) => trainMember(engine, training, run),
      keep: (members) => ({
        characteristicNames: [...batch.characteristicNames],
        targetNames: [...names],
        ownReturns: options.targets === undefined,
        inputs,
        targets,
        members: members.map(weightsOf),
      }),
      async judge(engine, fit, checkpoint) {
        const predictor = predictorOf(engine, config, fit);
        const judgeOn = async ({ batch: on, targets: truth }: LabelledBatch) =>
          judge(on.index, truth, await predictBatch(predictor, on, checkpoint, options), config);
        const onTrain = await judgeOn(train);
        const onValidation = validation && (await judgeOn(validation));
        return {
          trainMetrics: onTrain.metrics,
          validationMetrics: onValidation?.metrics,
          calibration: (onValidation ?? onTrain).calibration,
        };
      },
    };
  }

  protected override specsOf({ characteristicNames, targetNames }: SAEFit): ParameterSpecs {
    return saeParameters(this.config, { inputs: characteristicNames.length, outputs: targetNames.length });
  }

  protected override dataOf(fit: SAEFit): ReturnType<typeof toArtifact> {
    return toArtifact(fit);
  }
}
