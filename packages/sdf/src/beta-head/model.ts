import { AssetSignalResult, type CrossSectionBatch, type ExtractOptions } from '@ml4t/core';
import { requireFitArguments, requirePredictArguments, requireSameColumns } from '@ml4t/core/authoring';
import { NetworkEnsemble, type NetworkTraining } from '@ml4t/core/ensemble';
import type { ParameterSpecs } from '@ml4t/core/nn';
import { artifactArray, loadArtifact, type ArtifactSource } from '@ml4t/core/persist';
import { configOf, fromArtifact, toArtifact } from '../sdf/artifact.ts';
import { ownLabel } from '../sdf/checkpoints.ts';
import { packageVersion } from '../version.ts';
import { parseBetaHeadConfig, type BetaHeadConfig, type BetaHeadConfigInput } from './config.ts';
import {
  betaNetwork,
  betaSignals,
  prepareBetaHead,
  type BetaHeadData,
  type BetaHeadFit,
  type BetaHeadFitOptions,
  type BetaHeadTypes,
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
export class StochasticDiscountFactorBetaNetworkHead extends NetworkEnsemble<BetaHeadTypes> {
  readonly modelType = 'sdf-beta-network';
  readonly config: BetaHeadConfig;
  protected readonly packageVersion = packageVersion();

  /** Throws ConfigError when a field is unknown or out of range. */
  constructor(config: BetaHeadConfigInput = {}) {
    super();
    this.config = parseBetaHeadConfig(config);
  }

  /** Standard deviation (divisor T) of F over the training dates, by which targets are divided. */
  get factorScale(): number {
    return this.requireFit('factorScale').factorScale;
  }

  /** One exposure per row, unit 'score'; NaN where a characteristic is missing. Never depends on returns. */
  async predict(batch: CrossSectionBatch, options: ExtractOptions = {}): Promise<AssetSignalResult> {
    const fit = this.requireFit('predict');
    const operation = 'StochasticDiscountFactorBetaNetworkHead.predict';
    requirePredictArguments(batch, options, { operation, kind: 'cross-section' });
    const checkpoint = this.checkpointOf(fit, options.checkpoint);
    requireSameColumns('characteristicNames', batch.characteristicNames, fit.characteristicNames);
    const signals = await this.withEngine(fit, (engine) => betaSignals(engine, this.config, fit, batch, checkpoint));
    return new AssetSignalResult({ index: batch.index, signals, signalNames: ['beta'], unit: 'score', checkpoint });
  }

  /** Reads an artifact that `save` wrote. Throws ArtifactError when it is missing, damaged or of another model. */
  static async load(source: ArtifactSource): Promise<StochasticDiscountFactorBetaNetworkHead> {
    const artifact = await loadArtifact(source, { modelType: 'sdf-beta-network', formatVersion: 2 });
    const head = new StochasticDiscountFactorBetaNetworkHead(configOf(artifact));
    const fit = fromArtifact(artifact, (p, q) => betaNetwork(head.config, p, q));
    head.restore({ ...fit, factorScale: artifactArray(artifact, 'factorScale', 'F64', [1])[0] });
    return head;
  }

  protected override requireArguments(
    { batch }: BetaHeadData,
    { validation, ...options }: BetaHeadFitOptions,
    operation: string,
  ): void {
    requireFitArguments(batch, { ...options, validation: validation?.batch }, { operation, kind: 'cross-section' });
  }

  protected override prepare(data: BetaHeadData, options: BetaHeadFitOptions): NetworkTraining<BetaHeadTypes> {
    return prepareBetaHead(this.config, data, options);
  }

  protected override specsOf({ characteristicNames, context }: BetaHeadFit): ParameterSpecs {
    return betaNetwork(this.config, characteristicNames.length, context?.names.length ?? 0);
  }

  protected override dataOf(fit: BetaHeadFit): ReturnType<typeof toArtifact> {
    const { state, arrays } = toArtifact(fit);
    return { state, arrays: { ...arrays, factorScale: { shape: [1], data: Float64Array.of(fit.factorScale) } } };
  }

  protected override checkpointOf(fit: BetaHeadFit, asked: string | undefined): string {
    return super.checkpointOf(fit, asked === undefined ? undefined : ownLabel(asked));
  }
}
