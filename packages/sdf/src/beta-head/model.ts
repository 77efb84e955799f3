import {
  AssetSignalResult,
  NotFittedError,
  deepFreeze,
  requireFitArguments,
  requirePredictArguments,
  requireSameColumns,
  type CrossSectionBatch,
  type ExtractOptions,
  type FitSummary,
} from '@ml4t/core';
import { deriveKey, initialValues, type ParameterSpecs } from '@ml4t/core/nn';
import { saveArtifact, type ArtifactSource } from '@ml4t/core/persist';
import { contentOf, loadFittedModel } from '../artifact.ts';
import { resolveLabel } from '../checkpoints.ts';
import { contextInput } from '../context.ts';
import { engineOf } from '../engine.ts';
import { networkSize, unpack } from '../fitted-networks.ts';
import { exposureNetworkParameters } from '../networks.ts';
import { returnScaleOf } from '../pricing-rows.ts';
import { packageVersion } from '../version.ts';
import { meanOutputs } from '../weights.ts';
import { parseBetaHeadConfig, type BetaHeadConfig, type BetaHeadConfigInput } from './config.ts';
import {
  fitBetaHead,
  modelType,
  operation,
  type BetaHeadData,
  type BetaHeadFit,
  type BetaHeadFitOptions,
} from './fit.ts';

/**
 * Betas of the SDF portfolio, up to scale, as a network of characteristics and recurrent states: a least-squares fit of
 * `r_{i,t+1} F_{t+1} / sd(F)`, whose conditional mean is proportional to the conditional second moment of return and factor,
 * `F = 1 - M`. Two hidden layers of ReLU units, full batch, Adam.
 *
 * Feed its signals to {@link explainedReturns} for EV and XS-R2, or to {@link LinearStochasticDiscountFactorReturnMapper}
 * for expected returns.
 *
 * Source: Chen, Pelger and Zhu (2024), "Deep learning in asset pricing", Management Science 70.
 *
 * @example
 * const head = new StochasticDiscountFactorBetaNetworkHead();
 * await head.fit({ batch: train, state: await model.extract(train) });
 * const { signals } = await head.predict(test);
 */
export class StochasticDiscountFactorBetaNetworkHead {
  readonly modelType = modelType;
  readonly config: BetaHeadConfig;
  #fit: BetaHeadFit | undefined;

  /** Throws ConfigError when a field is unknown or out of range. */
  constructor(config: BetaHeadConfigInput = {}) {
    this.config = parseBetaHeadConfig(config);
  }

  get isFitted(): boolean {
    return this.#fit !== undefined;
  }
  get fitSummary(): FitSummary {
    return this.#requireFit('fitSummary').summary;
  }
  /** Labels that `predict` takes. */
  get checkpoints(): readonly string[] {
    return Object.keys(this.#requireFit('checkpoints').networks.labels[0]);
  }
  /** Standard deviation (divisor T) of F over the training dates, by which targets are divided. */
  get factorScale(): number {
    return this.#requireFit('factorScale').factorScale;
  }

  /**
   * Throws DataError when no row can be used, AbortedError; an earlier fit then stays. An aborted first fit leaves the head
   * fitted with the epochs it finished, `fitSummary.stopReason` 'aborted'.
   */
  async fit(data: BetaHeadData, options: BetaHeadFitOptions = {}): Promise<FitSummary> {
    const { validation } = options;
    requireFitArguments(
      data.batch,
      { ...options, validation: validation?.batch },
      { operation, kind: 'cross-section' },
    );
    const specs = this.#specs(data.batch.nCharacteristics, data.batch.nContext);
    const { engine } = await engineOf(this.config, networkSize(specs));
    try {
      const initial = initialValues(specs, deriveKey(this.config.seed, 'beta'));
      const start = { initial, returnScale: returnScaleOf(data.batch) };
      const fit = await fitBetaHead(engine, this.config, specs, start, data, options, (partial) => {
        this.#fit ??= deepFreeze(partial);
      });
      this.#fit = deepFreeze(fit);
      return this.#fit.summary;
    } finally {
      await engine.dispose();
    }
  }

  /** One exposure per row, unit 'score'; NaN where a characteristic is missing. Never depends on returns. */
  async predict(batch: CrossSectionBatch, options: ExtractOptions = {}): Promise<AssetSignalResult> {
    const fit = this.#requireFit('predict');
    requirePredictArguments(batch, options, {
      operation: 'StochasticDiscountFactorBetaNetworkHead.predict',
      kind: 'cross-section',
    });
    const label = resolveLabel(options.checkpoint, fit.summary.defaultCheckpoint, this.checkpoints);
    requireSameColumns('characteristicNames', batch.characteristicNames, fit.characteristicNames);
    const { engine } = await engineOf(this.config, fit.networks.size);
    try {
      const specs = this.#specs(fit.characteristicNames.length, fit.context?.names.length ?? 0);
      const { states, size, labels } = fit.networks;
      const row = labels[0][label];
      const network = unpack(specs, states.subarray(row * size, (row + 1) * size));
      const context = contextInput(batch, fit.context, this.config);
      const signals = await meanOutputs(engine, batch, context, [network]);
      return new AssetSignalResult({
        index: batch.index,
        signals,
        signalNames: ['beta'],
        unit: 'score',
        checkpoint: label,
      });
    } finally {
      await engine.dispose();
    }
  }

  /** Writes configuration, checkpoints, context history and summary as one artifact, atomically. */
  async save(path: string): Promise<void> {
    const fit = this.#requireFit('save');
    await saveArtifact(path, {
      modelType,
      formatVersion: 1,
      packageVersion: packageVersion(),
      config: this.config,
      record: fit.summary,
      ...contentOf(fit, { factorScale: fit.factorScale }),
    });
  }

  /** Reads an artifact that `save` wrote. Throws ArtifactError when it is missing, damaged or of another model. */
  static async load(source: ArtifactSource): Promise<StochasticDiscountFactorBetaNetworkHead> {
    const { config, read, number } = await loadFittedModel(source, modelType, ['factorScale']);
    const head = new StochasticDiscountFactorBetaNetworkHead(config as BetaHeadConfigInput);
    const fit = read((p, q) => networkSize(head.#specs(p, q)));
    head.#fit = deepFreeze({ ...fit, factorScale: number('factorScale') });
    return head;
  }

  #specs(nCharacteristics: number, nContext: number): ParameterSpecs {
    const { stateDim, hiddenDim, forgetBias } = this.config;
    return exposureNetworkParameters({ nCharacteristics, nContext, stateDim, forgetBias }, hiddenDim);
  }

  #requireFit(what: string): BetaHeadFit {
    if (!this.#fit) throw new NotFittedError('StochasticDiscountFactorBetaNetworkHead', what);
    return this.#fit;
  }
}
