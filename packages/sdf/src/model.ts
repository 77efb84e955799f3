import {
  requirePredictArguments,
  type CrossSectionBatch,
  type ExtractOptions,
  type FitOptions,
  type StochasticDiscountFactorEstimator,
  type StochasticDiscountFactorState,
} from '@ml4t/core';
import { NetworkEnsemble, type EnsembleTraining } from '@ml4t/core/ensemble';
import type { ArtifactContent, ArtifactSource } from '@ml4t/core/persist';
import { contentOf, loadFittedModel } from './artifact.ts';
import { commonLabels, defaultLabel, resolveLabel } from './checkpoints.ts';
import {
  parseSdfConfig,
  type StochasticDiscountFactorConfig,
  type StochasticDiscountFactorConfigInput,
} from './config.ts';
import { engineOf } from './engine.ts';
import { extractSdf, modelType, openFit, sdfNetwork, type SdfFit, type SdfMember } from './fit.ts';
import { networkSize } from './fitted-networks.ts';
import type { StochasticDiscountFactorPhase } from './member-task.ts';
import { sdfStatistics, type SdfStatistics } from './statistics.ts';
import { packageVersion } from './version.ts';

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
  extends NetworkEnsemble<
    CrossSectionBatch,
    FitOptions<CrossSectionBatch, StochasticDiscountFactorPhase>,
    SdfMember,
    SdfFit,
    StochasticDiscountFactorPhase
  >
  implements StochasticDiscountFactorEstimator
{
  readonly modelType = modelType;
  readonly config: StochasticDiscountFactorConfig;
  protected readonly packageVersion = packageVersion();
  protected override readonly batchKind = 'cross-section';

  /** Throws ConfigError when a field is unknown or out of range. */
  constructor(config: StochasticDiscountFactorConfigInput = {}) {
    super();
    this.config = parseSdfConfig(config);
  }

  get ensembleSize(): number {
    return this.config.ensembleSize;
  }
  /** Labels that `extract` takes, in the order of training. */
  get checkpoints(): readonly string[] {
    return this.requireFit('checkpoints').labels;
  }
  /** The label that `extract` uses when none is asked for; undefined after an abort before its phase. */
  get defaultCheckpoint(): string | undefined {
    return this.requireFit('defaultCheckpoint').fallback;
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
    const checkpoint = resolveLabel(options.checkpoint, fit.fallback, fit.labels);
    const { engine } = await engineOf(this.config, fit.networks.size);
    try {
      return await extractSdf(engine, this.config, fit, batch, checkpoint);
    } finally {
      await engine.dispose();
    }
  }

  /** Sharpe ratio of the SDF portfolio, EV and XS-R2 of any checkpoint on a batch with returns. */
  async statistics(batch: CrossSectionBatch, options: ExtractOptions = {}): Promise<SdfStatistics> {
    return sdfStatistics(await this.extract(batch, options), batch.requireReturns('statistics'));
  }

  /** Reads an artifact that `save` wrote. Throws ArtifactError when it is missing, damaged or of another model. */
  static async load(source: ArtifactSource): Promise<StochasticDiscountFactorModel> {
    const { config, read } = await loadFittedModel(source, modelType);
    const model = new StochasticDiscountFactorModel(config as StochasticDiscountFactorConfigInput);
    const fit = read((p, q) => networkSize(sdfNetwork(model.config, p, q)));
    const labels = commonLabels(fit.networks.labels.map((rows) => new Set(Object.keys(rows))));
    model.restore({ ...fit, labels, fallback: defaultLabel(model.config, labels) });
    return model;
  }

  protected override open<T>(
    batch: CrossSectionBatch,
    options: FitOptions<CrossSectionBatch, StochasticDiscountFactorPhase>,
    use: (training: EnsembleTraining<SdfMember, SdfFit, StochasticDiscountFactorPhase>) => Promise<T>,
  ): Promise<T> {
    return openFit(this.config, batch, options, use);
  }

  protected override contentOf(fit: SdfFit): Pick<ArtifactContent, 'state' | 'arrays'> {
    return contentOf(fit);
  }
}
