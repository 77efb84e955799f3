import {
  ConfigError,
  NotFittedError,
  PortfolioWeightsResult,
  throwIfAborted,
  type ExtractOptions,
  type FitOptions,
  type FitSummary,
  type PortfolioModel,
  type PortfolioSequenceBatch,
  type RunOptions,
} from '@ml4t/core';
import { resolveEngine, type Engine } from '@ml4t/core/engine';
import { initialValues, type ParameterSpecs } from '@ml4t/core/nn';
import { trainEnsemble } from '@ml4t/core/train';
import type { PortfolioConfig } from '../config.ts';
import { packageVersion } from '../version.ts';
import { readArtifact, writeArtifact } from './artifact.ts';
import { holdOut } from './holdout.ts';
import { judgeWeights, type Judgement } from './judge.ts';
import { trainMember, type Member } from './member.ts';
import type { NetworkSizes, PortfolioNetwork } from './network.ts';
import { ensembleWeights, toHoldings } from './predict.ts';
import { requireFeatures, requireSameScaling, requireUsable } from './requirements.ts';
import { chooseCheckpoint, commonCheckpoints, memberNotes, overallReason } from './summary.ts';
import { assetPositions, inputScale, networkSizes, requireInputs, windowSource, type InputScale } from './windows.ts';

export interface PortfolioPredictOptions extends ExtractOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface PortfolioFitSummary extends FitSummary {
  /** Checkpoints that `predict` can be asked for: 'best', 'last', 'step-n'. */
  readonly checkpoints: readonly string[];
}

/** What a fit leaves behind. */
export interface NetworkFit {
  readonly assetIds: readonly string[];
  readonly featureNames: readonly string[];
  readonly sizes: NetworkSizes;
  /** Whether the batch had volatility scales. */
  readonly volatilityScaled: boolean;
  readonly scale: InputScale;
  readonly members: readonly Member[];
  readonly summary: PortfolioFitSummary;
}

/**
 * A portfolio model that is trained on the objective of its configuration: everything but the network. A model adds the network,
 * its name and its configuration.
 *
 * Weights of a date depend on the features of that date and earlier ones of its window, on what is known of the assets, and on
 * nothing else. What `predict` gives are holdings, shares of the capital: volatility scale and budget are in them.
 */
export abstract class NetworkPortfolioModel<C extends PortfolioConfig> implements PortfolioModel {
  abstract readonly modelType: string;
  abstract readonly config: C;
  protected abstract readonly network: PortfolioNetwork;
  #fit: NetworkFit | undefined;

  get isFitted(): boolean {
    return this.#fit !== undefined;
  }
  get fitSummary(): PortfolioFitSummary {
    return this.requireFit('fitSummary').summary;
  }

  /** Initial values that take the place of random ones, by name: what a closed form found, for example. */
  protected startingValues?(
    train: PortfolioSequenceBatch,
    scale: InputScale,
  ): Readonly<Record<string, Float64Array>> | undefined;

  /**
   * Trains the ensemble. Without a validation batch the last `validationShare` of the windows are held out, and windows that share
   * dates with them are left out. Throws DataError, ConfigError or AbortedError; an earlier fit stays then.
   */
  async fit(
    batch: PortfolioSequenceBatch,
    options: FitOptions<PortfolioSequenceBatch> = {},
  ): Promise<PortfolioFitSummary> {
    const started = performance.now();
    const operation = `${this.modelType}.fit`;
    throwIfAborted(options.signal, operation);
    const { config, network } = this;
    requireUsable(batch, config, 'batch');
    if (options.validation) {
      requireUsable(options.validation, config, 'validation');
      requireFeatures(options.validation, batch.featureNames, 'validation.featureNames');
    }
    const { train, validation, note } = options.validation
      ? { train: batch, validation: options.validation, note: [] }
      : holdOut(batch, config.validationShare);
    const sizes = networkSizes(batch);
    requireInputs(train, network, sizes.nGroups);
    const scale = inputScale(train, network.standardizes);
    const specs = network.parameters(sizes);
    const given = this.startingValues?.(train, scale);
    const fit = { assetIds: [...batch.assetIds], featureNames: [...batch.featureNames], sizes, scale };
    const volatilityScaled = batch.volScale !== undefined;
    const source = this.#source(train, fit);
    const judged = validation && this.#source(validation, { ...fit, volatilityScaled });
    const { engine, resolution } = await this.#resolve(specs);
    try {
      const members = await trainEnsemble(
        { members: config.ensembleSize, seed: config.seed, ...(options.signal ? { signal: options.signal } : {}) },
        (seed, number) =>
          trainMember(
            {
              engine,
              network,
              config,
              specs,
              source,
              validation: judged,
              operation,
              start: (own) =>
                initialValues(specs, own).map((entry) => ({ ...entry, values: given?.[entry.name] ?? entry.values })),
            },
            seed,
            number,
            options,
          ),
      );
      const checkpoints = commonCheckpoints(members);
      const { checkpoint, notes } = chooseCheckpoint(config, checkpoints);
      const judge = async (on: typeof source): Promise<Judgement> => {
        const weights = await ensembleWeights(this.#evaluation(engine), specs, members, on, checkpoint, options);
        return judgeWeights(on.batch, weights, config);
      };
      const stopReason = overallReason(members);
      const summary: PortfolioFitSummary = {
        converged: stopReason === 'early-stopping',
        stopReason,
        iterations: Math.max(...members.map(({ steps }) => steps)),
        trainMetrics: { ...(await judge(source)) },
        validationMetrics: judged && { ...(await judge(judged)) },
        defaultCheckpoint: checkpoint,
        checkpoints,
        history: members.flatMap(({ history }) => history),
        notes: [...note, ...notes, ...memberNotes(members)],
        runRecord: {
          modelType: this.modelType,
          packageVersion: packageVersion(),
          config,
          engine: resolution.backend,
          dimensions: {
            windows: train.nWindows,
            validationWindows: validation?.nWindows ?? 0,
            steps: batch.nSteps,
            assets: batch.nAssets,
            features: batch.nFeatures,
            parameters: parameterCount(specs),
            engineBytes: engine.memory().reservedBytes,
          },
          stopReason,
          seconds: (performance.now() - started) / 1000,
        },
      };
      this.#fit = {
        ...fit,
        volatilityScaled,
        members: members.map(({ checkpoints: named, snapshots }) => ({ checkpoints: named, snapshots })),
        summary,
      };
      return summary;
    } finally {
      await engine.dispose();
    }
  }

  /**
   * Holdings (B x T x N), 0 where the mask is false, averaged over the ensemble.
   * Throws NotFittedError, DataError when features or assets are not those of the fit, ConfigError for an unknown checkpoint.
   */
  async predict(batch: PortfolioSequenceBatch, options: PortfolioPredictOptions = {}): Promise<PortfolioWeightsResult> {
    const fit = this.requireFit('predict');
    requireFeatures(batch, fit.featureNames, 'featureNames');
    const { checkpoints, defaultCheckpoint = 'last' } = fit.summary;
    const checkpoint = options.checkpoint ?? defaultCheckpoint;
    if (!checkpoints.includes(checkpoint))
      throw new ConfigError({
        field: 'checkpoint',
        expected: `one of ${checkpoints.join(', ')}`,
        found: JSON.stringify(checkpoint),
        remedy: 'Ask for a kept checkpoint, or fit with a checkpointEvery or checkpointSteps that keep it.',
      });
    const source = this.#source(batch, fit);
    const specs = this.network.parameters(fit.sizes);
    const { engine } = await this.#resolve(specs);
    try {
      const run: RunOptions = options.signal ? { signal: options.signal } : {};
      const weights = await ensembleWeights(this.#evaluation(engine), specs, fit.members, source, checkpoint, run);
      return new PortfolioWeightsResult(batch, toHoldings(batch, weights, this.config), checkpoint);
    } finally {
      await engine.dispose();
    }
  }

  /** Writes configuration, scales, every checkpoint of every member and the fit summary as one artifact, atomically. */
  async save(path: string): Promise<void> {
    const fit = this.requireFit('save');
    await writeArtifact(
      path,
      { modelType: this.modelType, config: this.config },
      this.network.parameters(fit.sizes),
      fit,
    );
  }

  /** Takes the fit of an artifact that `save` wrote. Throws ArtifactError when it is missing, damaged or of another model. */
  protected async restore(path: string): Promise<void> {
    this.#fit = await readArtifact(path, this.modelType, (sizes) => this.network.parameters(sizes));
  }

  protected requireFit(operation: string): NetworkFit {
    if (!this.#fit) throw new NotFittedError(this.constructor.name, operation);
    return this.#fit;
  }

  #source(
    batch: PortfolioSequenceBatch,
    fit: Pick<NetworkFit, 'assetIds' | 'sizes' | 'scale'> & { readonly volatilityScaled?: boolean },
  ): ReturnType<typeof windowSource> {
    requireInputs(batch, this.network, fit.sizes.nGroups);
    if (fit.volatilityScaled !== undefined) requireSameScaling(batch, fit.volatilityScaled, this.config);
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
