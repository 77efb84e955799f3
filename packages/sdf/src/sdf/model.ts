import type {
  CrossSectionBatch,
  ExtractOptions,
  StochasticDiscountFactorEstimator,
  StochasticDiscountFactorState,
} from '@ml4t/core';
import { requirePredictArguments } from '@ml4t/core/authoring';
import { NetworkEnsemble, type NetworkTraining } from '@ml4t/core/ensemble';
import type { ParameterSpecs } from '@ml4t/core/nn';
import { loadArtifact, type ArtifactSource } from '@ml4t/core/persist';
import { configOf, fromArtifact, toArtifact } from './artifact.ts';
import { ownLabel } from './checkpoints.ts';
import {
  parseSdfConfig,
  type StochasticDiscountFactorConfig,
  type StochasticDiscountFactorConfigInput,
} from './config.ts';
import { extractSdf, prepareFit, sdfNetwork, type SdfFit, type SdfTypes } from './fit.ts';
import { sdfStatistics, type SdfStatistics } from './statistics.ts';
import { packageVersion } from '../version.ts';

/**
 * The adversarial stochastic discount factor of Chen, Pelger and Zhu: `M_{t+1} = 1 - sum_i omega_{t,i} r_{t+1,i}`, its weights a
 * network of characteristics and of the states of a recurrent layer over context series, found as the solution of
 *
 * `min_omega max_g (1/N) sum_i (T_i / max T) |(1/T_i) sum_t M_{t+1} r_{t+1,i} g(I_t, I_{t,i})|^2`.
 *
 * Training has three phases: omega on g = 1; then g, upwards, with omega fixed; then omega with g fixed. With a validation
 * batch each phase hands on its best state. States are kept under labels 'conditional/epoch-512', 'conditional/best',
 * 'conditional/last'. Weights are known on the row's date and never depend on returns.
 *
 * Rows with a missing characteristic or return take no part in `fit`, which throws DataError when none is complete or context
 * series differ. An aborted first fit throws, and leaves the model fitted with the epochs it finished: `fitSummary.stopReason` is
 * 'aborted', and `extract`, `statistics` and `save` take its `checkpoints`.
 *
 * Source: Chen, Pelger and Zhu (2024), "Deep learning in asset pricing", Management Science 70.
 *
 * @example
 * const model = new StochasticDiscountFactorModel({ ensembleSize: 9, checkpointInterval: 128 });
 * await model.fit(train, { validation });
 * const { weights, sdfValues } = await model.extract(test);
 */
export class StochasticDiscountFactorModel
  extends NetworkEnsemble<SdfTypes>
  implements StochasticDiscountFactorEstimator
{
  readonly modelType = 'stochastic-discount-factor';
  readonly config: StochasticDiscountFactorConfig;
  protected readonly packageVersion = packageVersion();
  protected override readonly batchKind = 'cross-section';

  /** Throws ConfigError when a field is unknown or out of range. */
  constructor(config: StochasticDiscountFactorConfigInput = {}) {
    super();
    this.config = parseSdfConfig(config);
  }

  /**
   * Weights (R) and M (T). A weight is NaN where a characteristic is missing, and M at dates without a return.
   *
   * The recurrent state goes on from the fit: the layer is run over all training dates (and validation dates after them)
   * that lie before the batch's first date, and then over the batch. So a date's weights do not depend on where a batch was
   * cut, as long as nothing lies between the fit's dates and the batch's.
   *
   * Throws NotFittedError; ConfigError for a checkpoint that was not kept, or without a default after an abort;
   * DataError when columns differ from the fit's.
   */
  async extract(batch: CrossSectionBatch, options: ExtractOptions = {}): Promise<StochasticDiscountFactorState> {
    const fit = this.requireFit('extract');
    requirePredictArguments(batch, options, {
      operation: 'StochasticDiscountFactorModel.extract',
      kind: 'cross-section',
    });
    const checkpoint = this.checkpointOf(fit, options.checkpoint);
    return this.withEngine(fit, (engine) => extractSdf(engine, this.config, fit, batch, checkpoint));
  }

  /** Sharpe ratio of the SDF portfolio, EV and XS-R2 of any checkpoint on a batch with returns. */
  async statistics(batch: CrossSectionBatch, options: ExtractOptions = {}): Promise<SdfStatistics> {
    return sdfStatistics(await this.extract(batch, options), batch.requireReturns('statistics'));
  }

  /** Reads an artifact that `save` wrote. Throws ArtifactError when it is missing, damaged or of another model. */
  static async load(source: ArtifactSource): Promise<StochasticDiscountFactorModel> {
    const artifact = await loadArtifact(source, { modelType: 'stochastic-discount-factor', formatVersion: 2 });
    const model = new StochasticDiscountFactorModel(configOf(artifact));
    model.restore(fromArtifact(artifact, (p, q) => sdfNetwork(model.config, p, q)));
    return model;
  }

  protected override prepare(batch: CrossSectionBatch, options: SdfTypes['options']): NetworkTraining<SdfTypes> {
    return prepareFit(this.config, batch, options);
  }

  protected override specsOf({ characteristicNames, context }: SdfFit): ParameterSpecs {
    return sdfNetwork(this.config, characteristicNames.length, context?.names.length ?? 0);
  }

  protected override dataOf(fit: SdfFit): ReturnType<typeof toArtifact> {
    return toArtifact(fit);
  }

  protected override checkpointOf(fit: SdfFit, asked: string | undefined): string {
    return super.checkpointOf(fit, asked === undefined ? undefined : ownLabel(asked));
  }

  /** Of the conditional phase where there is one: an unconditional state never stands in for a conditional one. */
  protected override usualCheckpoints(): readonly string[] {
    const { defaultCheckpoint, nEpochsCond } = this.config;
    const phase = defaultCheckpoint?.split('/')[0] ?? (nEpochsCond > 0 ? 'conditional' : 'unconditional');
    return [`${phase}/best`, `${phase}/last`];
  }
}
