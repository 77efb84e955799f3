import { PortfolioWeightsResult, type FitOptions, type PortfolioModel, type PortfolioSequenceBatch } from '@ml4t/core';
import { requirePredictArguments } from '@ml4t/core/authoring';
import { NetworkEnsemble, weightsOf, type NetworkTraining, type TrainedNetwork } from '@ml4t/core/ensemble';
import { initialValues, type NamedValues, type ParameterSpecs } from '@ml4t/core/nn';
import { loadArtifact, type ArtifactSource } from '@ml4t/core/persist';
import type { PortfolioConfig } from '../config.ts';
import { packageVersion } from '../version.ts';
import { annualized } from './annualization.ts';
import { fromArtifact, toArtifact } from './artifact.ts';
import { fitDimensions, requireApplicable, requireTrainable, type PortfolioPredictOptions } from './fitted.ts';
import { holdOut } from './holdout.ts';
import { judgeWeights, type Judgement } from './judge.ts';
import { trainMember } from './member.ts';
import type { PortfolioNetwork } from './network.ts';
import { ensembleWeights, toHoldings } from './predict.ts';
import { assetPositions, inputScale, networkSizes, requireInputs, windowSource } from './windows.ts';
import type { PortfolioFit } from './portfolio-fit.ts';

/** The types of {@link NetworkPortfolioModel}, for its base. */
export interface PortfolioTypes {
  readonly batch: PortfolioSequenceBatch;
  readonly options: FitOptions<PortfolioSequenceBatch, 'training'>;
  readonly member: TrainedNetwork;
  readonly fit: PortfolioFit;
  readonly phase: 'training';
}

/**
 * A portfolio model that is trained on the objective of its configuration: everything but the network. A model adds the network,
 * its name and its configuration.
 *
 * Weights of a date depend on the features of that date and earlier ones of its window, on what is known of the assets, and on
 * nothing else. What `predict` gives are holdings, shares of the capital: volatility scale and budget are in them.
 *
 * Without a validation batch `fit` holds out the last `validationShare` of the windows, and leaves out windows that share dates or returns with
 * them. It throws DataError and ConfigError.
 */
export abstract class NetworkPortfolioModel<C extends PortfolioConfig>
  extends NetworkEnsemble<PortfolioTypes>
  implements PortfolioModel
{
  abstract override readonly config: C;
  protected abstract readonly network: PortfolioNetwork;
  protected readonly packageVersion = packageVersion();
  protected override readonly batchKind = 'portfolio-sequence';
  protected override readonly unit = 'step';

  /**
   * Holdings (B x T x N), 0 where the mask is false, averaged over the ensemble.
   * Throws NotFittedError, DataError when features or assets are not those of the fit, ConfigError for an unknown checkpoint.
   */
  async predict(batch: PortfolioSequenceBatch, options: PortfolioPredictOptions = {}): Promise<PortfolioWeightsResult> {
    const fit = this.requireFit('predict');
    const { config, network, batchKind: kind } = this;
    requirePredictArguments(batch, options, { operation: `${this.constructor.name}.predict`, kind });
    requireApplicable(batch, fit, config);
    const checkpoint = this.checkpointOf(fit, options.checkpoint);
    const source = this.#source(batch, fit);
    return this.withEngine(fit, async (engine) => {
      const evaluation = { engine, network, config };
      const weights = await ensembleWeights(evaluation, this.specsOf(fit), fit.members, source, checkpoint, options);
      return new PortfolioWeightsResult(batch, toHoldings(batch, weights, config), checkpoint);
    });
  }

  protected override prepare(
    batch: PortfolioSequenceBatch,
    options: FitOptions<PortfolioSequenceBatch, 'training'>,
  ): NetworkTraining<PortfolioTypes> {
    const { network } = this;
    const { config, notes } = annualized(this.config, batch);
    requireTrainable(batch, options, config);
    const held = options.validation
      ? { train: batch, validation: options.validation, note: [] }
      : holdOut(batch, config.validationShare);
    const { train, validation } = held;
    const sizes = networkSizes(batch);
    requireInputs(train, network, sizes.nGroups);
    const scale = inputScale(train, network.standardizes);
    const specs = network.parameters(sizes);
    const fit = { assetIds: [...batch.assetIds], featureNames: [...batch.featureNames], sizes, scale };
    const source = this.#source(train, fit);
    const judged = validation && this.#source(validation, fit);
    const operation = `${this.modelType}.fit`;
    const start = (seed: number): NamedValues[] => initialValues(specs, seed);
    const training = { network, config, source, validation: judged, operation, start };
    return {
      specs,
      validated: validation !== undefined,
      dimensions: fitDimensions(batch, train, validation),
      notes: [...held.note, ...notes],
      train: (engine, run) => trainMember(engine, training, run),
      keep: (members) => ({
        ...fit,
        volatilityScaled: batch.volScale !== undefined,
        members: members.map(weightsOf),
      }),
      async judge(engine, { members }, checkpoint) {
        const judge = async (on: typeof source): Promise<Judgement> => {
          const evaluation = { engine, network, config };
          const weights = await ensembleWeights(evaluation, specs, members, on, checkpoint, options);
          return judgeWeights(on.batch, weights, config);
        };
        return { trainMetrics: await judge(source), validationMetrics: judged && (await judge(judged)) };
      },
    };
  }

  protected override specsOf({ sizes }: PortfolioFit): ParameterSpecs {
    return this.network.parameters(sizes);
  }

  protected override dataOf(fit: PortfolioFit): ReturnType<typeof toArtifact> {
    return toArtifact(fit);
  }

  /** Reads an artifact that `save` of this model wrote. */
  protected static async read<M extends NetworkPortfolioModel<PortfolioConfig>>(
    source: ArtifactSource,
    modelType: string,
    create: (config: unknown) => M,
  ): Promise<M> {
    const artifact = await loadArtifact(source, { modelType, formatVersion: 2 });
    const model = create(artifact.config);
    model.restore(fromArtifact(artifact, (sizes) => model.network.parameters(sizes)));
    return model;
  }

  #source(
    batch: PortfolioSequenceBatch,
    fit: Pick<PortfolioFit, 'assetIds' | 'sizes' | 'scale'>,
  ): ReturnType<typeof windowSource> {
    requireInputs(batch, this.network, fit.sizes.nGroups);
    const assets = assetPositions(batch, fit.assetIds, this.network);
    return windowSource(batch, fit.scale, assets, this.config.holdings);
  }
}
