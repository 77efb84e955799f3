import {
  PortfolioWeightsResult,
  requirePredictArguments,
  type FitOptions,
  type PortfolioModel,
  type PortfolioSequenceBatch,
  type RunOptions,
} from '@ml4t/core';
import { resolveEngine, type Engine } from '@ml4t/core/engine';
import {
  chooseCheckpoint,
  commonCheckpoints,
  memberNotes,
  NetworkEnsemble,
  overallReason,
  type EnsembleTraining,
  type MemberWeights,
} from '@ml4t/core/ensemble';
import { initialValues, type NamedValues, type ParameterSpecs } from '@ml4t/core/nn';
import { loadArtifact, type ArtifactSource } from '@ml4t/core/persist';
import type { PortfolioConfig } from '../config.ts';
import { packageVersion } from '../version.ts';
import { annualized } from './annualization.ts';
import { contentOf, fitOf } from './artifact.ts';
import {
  checkpointFor,
  fitDimensions,
  requireTrainable,
  type Fitted,
  type PortfolioFitSummary,
  type PortfolioPredictOptions,
} from './fitted.ts';
import { holdOut } from './holdout.ts';
import { judgeWeights, type Judgement } from './judge.ts';
import { trainMember, type PortfolioMember } from './member.ts';
import type { NetworkSizes, PortfolioNetwork } from './network.ts';
import { ensembleWeights, toHoldings } from './predict.ts';
import { assetPositions, inputScale, networkSizes, requireInputs, windowSource, type InputScale } from './windows.ts';

/** What a fit leaves behind. */
export interface NetworkFit extends Fitted {
  readonly assetIds: readonly string[];
  readonly sizes: NetworkSizes;
  readonly scale: InputScale;
  readonly members: readonly MemberWeights[];
  readonly summary: PortfolioFitSummary;
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
  extends NetworkEnsemble<
    PortfolioSequenceBatch,
    FitOptions<PortfolioSequenceBatch, 'training'>,
    PortfolioMember,
    NetworkFit
  >
  implements PortfolioModel
{
  abstract override readonly config: C;
  protected abstract readonly network: PortfolioNetwork;
  protected readonly packageVersion = packageVersion();
  protected override readonly batchKind = 'portfolio-sequence';

  get ensembleSize(): number {
    return this.config.ensembleSize;
  }

  /**
   * Holdings (B x T x N), 0 where the mask is false, averaged over the ensemble.
   * Throws NotFittedError, DataError when features or assets are not those of the fit, ConfigError for an unknown checkpoint.
   */
  async predict(batch: PortfolioSequenceBatch, options: PortfolioPredictOptions = {}): Promise<PortfolioWeightsResult> {
    const fit = this.requireFit('predict');
    requirePredictArguments(batch, options, {
      operation: `${this.constructor.name}.predict`,
      kind: 'portfolio-sequence',
    });
    const checkpoint = checkpointFor(batch, fit, options, this.config);
    const source = this.#source(batch, fit);
    const specs = this.network.parameters(fit.sizes);
    const { engine } = await this.#resolve(specs);
    try {
      const run: Pick<RunOptions, 'signal'> = options.signal ? { signal: options.signal } : {};
      const weights = await ensembleWeights(this.#evaluation(engine), specs, fit.members, source, checkpoint, run);
      return new PortfolioWeightsResult(batch, toHoldings(batch, weights, this.config), checkpoint);
    } finally {
      await engine.dispose();
    }
  }

  protected override async open<T>(
    batch: PortfolioSequenceBatch,
    options: FitOptions<PortfolioSequenceBatch, 'training'>,
    use: (training: EnsembleTraining<PortfolioMember, NetworkFit>) => Promise<T>,
  ): Promise<T> {
    const operation = `${this.modelType}.fit`;
    const { network } = this;
    const { config, notes: annualNotes } = annualized(this.config, batch);
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
    const { engine, resolution } = await this.#resolve(specs);
    const start = (seed: number): NamedValues[] => initialValues(specs, seed);
    const training = { engine, network, config, specs, source, validation: judged, operation, start };
    try {
      return await use({
        arithmetic: resolution.arithmetic,
        train: (seed, member, onProgress) => trainMember(training, seed, member, { ...options, onProgress }),
        combine: async (members) => {
          const checkpoints = commonCheckpoints(members);
          const { checkpoint, notes } = chooseCheckpoint(config.defaultCheckpoint, checkpoints, 'step');
          const judge = async (on: typeof source): Promise<Judgement> => {
            const weights = await ensembleWeights(this.#evaluation(engine), specs, members, on, checkpoint, options);
            return judgeWeights(on.batch, weights, config);
          };
          const stopReason = overallReason(members, 'max-iterations');
          const summary: PortfolioFitSummary = {
            converged: stopReason === 'early-stopping',
            stopReason,
            iterations: Math.max(...members.map(({ length }) => length)),
            trainMetrics: { ...(await judge(source)) },
            validationMetrics: judged && { ...(await judge(judged)) },
            defaultCheckpoint: checkpoint,
            checkpoints,
            history: members.flatMap(({ history }) => history),
            notes: [...held.note, ...annualNotes, ...notes, ...memberNotes(members, 'step')],
            runRecord: {
              modelType: this.modelType,
              packageVersion: this.packageVersion,
              config: this.config,
              engine: resolution.backend,
              dimensions: {
                ...fitDimensions(batch, train, validation),
                parameters: parameterCount(specs),
                engineBytes: Math.max(...members.map(({ engineBytes }) => engineBytes)),
              },
              stopReason,
              // Measured where the fit is put together.
              seconds: 0,
            },
          };
          return {
            ...fit,
            volatilityScaled: batch.volScale !== undefined,
            members: members.map(({ checkpoints: named, snapshots }) => ({ checkpoints: named, snapshots })),
            summary,
          };
        },
      });
    } finally {
      await engine.dispose();
    }
  }

  protected override contentOf(fit: NetworkFit): ReturnType<typeof contentOf> {
    return contentOf(this.network.parameters(fit.sizes), fit);
  }

  /** Reads an artifact that `save` of this model wrote. */
  protected static async read<M extends NetworkPortfolioModel<PortfolioConfig>>(
    source: ArtifactSource,
    modelType: string,
    create: (config: unknown) => M,
  ): Promise<M> {
    const artifact = await loadArtifact(source, { modelType });
    const model = create(artifact.config);
    model.restore(fitOf(artifact, (sizes) => model.network.parameters(sizes)));
    return model;
  }

  #source(
    batch: PortfolioSequenceBatch,
    fit: Pick<NetworkFit, 'assetIds' | 'sizes' | 'scale'>,
  ): ReturnType<typeof windowSource> {
    requireInputs(batch, this.network, fit.sizes.nGroups);
    const assets = assetPositions(batch, fit.assetIds, this.network);
    return windowSource(batch, fit.scale, assets, this.config.holdings);
  }

  #evaluation(engine: Engine): { engine: Engine; network: PortfolioNetwork; config: C } {
    return { engine, network: this.network, config: this.config };
  }

  #resolve(specs: ParameterSpecs): ReturnType<typeof resolveEngine> {
    const { engine, threads } = this.config;
    return resolveEngine({ engine, modelSize: parameterCount(specs), ...(threads === null ? {} : { threads }) });
  }
}

function parameterCount(specs: ParameterSpecs): number {
  let count = 0;
  for (const { shape, state } of Object.values(specs)) if (!state) count += shape.reduce((a, b) => a * b, 1);
  return count;
}
