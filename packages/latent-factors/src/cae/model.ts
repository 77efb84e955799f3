import {
  LatentFactorState,
  totalR2,
  type CrossSectionBatch,
  type ExtractOptions,
  type LatentFactorModel,
} from '@ml4t/core';
import { requirePredictArguments, requireSameColumns } from '@ml4t/core/authoring';
import type { Engine } from '@ml4t/core/engine';
import { NetworkEnsemble, type NetworkTraining } from '@ml4t/core/ensemble';
import type { ParameterSpecs } from '@ml4t/core/nn';
import { loadArtifact, type ArtifactSource } from '@ml4t/core/persist';
import type { FactorReturnSeries } from '../ipca/given-factors.ts';
import { packageVersion } from '../version.ts';
import { fromArtifact, toArtifact, type CAEFit } from './artifact.ts';
import { parseCAEConfig, type CAEConfig, type CAEConfigInput } from './config.ts';
import type { MemberFactors } from './exposures.ts';
import { prepareFit, type CAEFitOptions, type CAETypes } from './fit.ts';
import { portfoliosFor, requireSamePortfolios } from './managed-portfolios.ts';
import { memberFactorReturns, memberOutputs, stateAt } from './members.ts';
import { networkParameters } from './network.ts';

export interface CAEExtractOptions extends ExtractOptions {
  /** x_t on the dates of the batch, in place of the series kept from `fit`. */
  readonly managedPortfolios?: FactorReturnSeries | undefined;
}

/** How much of the fit is owed to each characteristic. */
export interface CharacteristicImportance {
  readonly characteristicNames: readonly string[];
  /** (P): fall of the total R2, a fraction, when the characteristic is set to zero everywhere. */
  readonly totalR2Loss: Float64Array;
  /** (P): losses over their sum, those below zero as zero. */
  readonly share: Float64Array;
  /** With all characteristics. */
  readonly totalR2: number;
  readonly checkpoint: string;
}

/**
 * Conditional autoencoder: exposures are a neural network of characteristics known beforehand.
 *
 * `r_{i,t+1} = beta(z_{i,t}; W)' f_{t+1} + e_{i,t+1}`, with `f_{t+1} = F x_{t+1}`, x the characteristic-managed portfolios or a
 * series of the caller's; or, with `factors: 'regression'`, `f_{t+1}` the least-squares coefficients of the returns of
 * t + 1 on the network's own betas. W (and F) minimise the mean squared error over rows plus an L1 penalty.
 *
 * An ensemble of M members is one state of M K factors, a block of K per member with its betas over M: then `beta'f` is the
 * mean of the members' fits and `beta'lambda` the mean of their forecasts. Coordinates of different members are never
 * mixed. Within a member, the second moment of the training betas is the identity, that of the factors diagonal and
 * descending, and factor means are not negative.
 *
 * Rows with a missing characteristic or return take no part in `fit`. With a validation batch a member stops when its validation
 * loss has not fallen for `patience` epochs, and the default checkpoint is each member's best epoch. `fit` throws DataError,
 * NotIdentifiedError, ConfigError, EngineError.
 *
 * Source: Gu, Kelly and Xiu (2021), "Autoencoder asset pricing models", Journal of Econometrics 222.
 *
 * @example
 * const model = new CAEModel({ nFactors: 3, hiddenUnits: 'CA2', factors: 'regression' });
 * const summary = await model.fit(train, { validation });
 * const { betas, factorReturns } = await model.extract(test);
 */
export class CAEModel extends NetworkEnsemble<CAETypes> implements LatentFactorModel<CrossSectionBatch> {
  readonly modelType = 'cae';
  readonly config: CAEConfig;
  protected readonly packageVersion = packageVersion();
  protected override readonly batchKind = 'cross-section';
  protected override readonly ownFitOptions = ['managedPortfolios'];

  /** Throws ConfigError when a field is unknown or out of range. */
  constructor(config: CAEConfigInput = {}) {
    super();
    this.config = parseCAEConfig(config);
  }

  /** Seed and epochs of each member: how it was made, for a look at single members. */
  get members(): readonly {
    readonly seed: number;
    readonly bestEpoch: number | undefined;
    readonly lastEpoch: number;
  }[] {
    const epochOf = (key: string): number => Number(key.slice('epoch-'.length));
    return this.requireFit('members').members.map(({ checkpoints: { best, last } }, m) => ({
      seed: this.config.seed + m,
      bestEpoch: best === undefined ? undefined : epochOf(best),
      lastEpoch: epochOf(last),
    }));
  }

  /**
   * Exposures of every row (NaN where a characteristic is missing) and factor returns of every date whose returns are
   * known, as blocks of K columns per member, betas over M. In a classification `beta'f` is a logit.
   * Throws NotFittedError; DataError when the characteristics are not those of the fit; ConfigError for the checkpoint.
   */
  async extract(batch: CrossSectionBatch, options: CAEExtractOptions = {}): Promise<LatentFactorState> {
    const fit = this.requireFit('extract');
    const { batchKind: kind, ownFitOptions: own } = this;
    requirePredictArguments(batch, options, { operation: 'CAEModel.extract', kind, own });
    return this.withEngine(fit, (engine) => this.#extract(engine, fit, batch, options));
  }

  /**
   * Factor returns of every date at several checkpoints, to the bit those of `extract`. Managed portfolios are formed once for all, and with
   * `factors: 'managed'` no exposures. Throws as `extract` does.
   */
  async factorReturnsAt(batch: CrossSectionBatch, checkpoints: readonly string[]): Promise<Float64Array[]> {
    const fit = this.requireFit('factorReturnsAt');
    return this.withEngine(fit, async (engine) => {
      const portfolios = this.#portfolios(fit, batch);
      const all: Float64Array[] = [];
      for (const checkpoint of checkpoints) {
        const members: Float64Array[] = [];
        const label = this.checkpointOf(fit, checkpoint);
        for (const member of fit.members)
          members.push(await memberFactorReturns(engine, fit, stateAt(member, label), batch, portfolios));
        all.push(sideBySide(members, batch.nDates));
      }
      return all;
    });
  }

  /** The state of each member on its own: K factors in its own coordinates, which no other member shares. */
  async extractMembers(batch: CrossSectionBatch, options: CAEExtractOptions = {}): Promise<LatentFactorState[]> {
    const fit = this.requireFit('extractMembers');
    const { batchKind: kind, ownFitOptions: own } = this;
    requirePredictArguments(batch, options, { operation: 'CAEModel.extractMembers', kind, own });
    const { nFactors } = this.config;
    return this.withEngine(fit, async (engine) => {
      const states: LatentFactorState[] = [];
      for await (const { betas, factorReturns } of this.#outputs(engine, fit, batch, options))
        states.push(
          new LatentFactorState({
            index: batch.index,
            timing: batch,
            nFactors,
            betaLayout: 'row',
            betas,
            factorReturns,
            checkpoint: this.checkpointOf(fit, options.checkpoint),
          }),
        );
      return states;
    });
  }

  /**
   * Importance of each characteristic: how far the total R2 of a batch falls when the characteristic is zero in every row,
   * for exposures and managed portfolios alike, all weights as they are. Zero is the median of a rank-normalised
   * characteristic. Rows with a missing value stay out. Source: Gu, Kelly and Xiu (2021), section 3.7.
   */
  async characteristicImportance(
    batch: CrossSectionBatch,
    options: CAEExtractOptions = {},
  ): Promise<CharacteristicImportance> {
    const fit = this.requireFit('characteristicImportance');
    const returns = batch.requireReturns('characteristic importance');
    const { nCharacteristics: p } = batch;
    return this.withEngine(fit, async (engine) => {
      const r2 = async (on: CrossSectionBatch): Promise<number> =>
        totalR2(returns, (await this.#extract(engine, fit, on, options)).fittedReturns());
      const full = await r2(batch);
      const totalR2Loss = new Float64Array(p);
      for (let j = 0; j < p; j++) {
        const without = batch.characteristics.map((c, at) => (at % p === j ? 0 * c : c));
        totalR2Loss[j] = full - (await r2(batch.withCharacteristics(without)));
      }
      const sum = totalR2Loss.reduce((total, loss) => total + Math.max(loss, 0), 0);
      return {
        characteristicNames: batch.characteristicNames,
        totalR2Loss,
        share: totalR2Loss.map((loss) => (sum > 0 ? Math.max(loss, 0) / sum : 0)),
        totalR2: full,
        checkpoint: this.checkpointOf(fit, options.checkpoint),
      };
    });
  }

  /** Reads an artifact that `save` wrote. Throws ArtifactError when it is missing, damaged or of another model. */
  static async load(source: ArtifactSource): Promise<CAEModel> {
    const artifact = await loadArtifact(source, { modelType: 'cae', formatVersion: 2 });
    const model = new CAEModel(artifact.config as CAEConfigInput);
    model.restore(fromArtifact(artifact, model.config));
    return model;
  }

  protected override prepare(batch: CrossSectionBatch, options: CAEFitOptions): NetworkTraining<CAETypes> {
    return prepareFit(this.config, batch, options);
  }

  protected override specsOf({ shape }: CAEFit): ParameterSpecs {
    return networkParameters(shape);
  }

  protected override dataOf(fit: CAEFit): ReturnType<typeof toArtifact> {
    return toArtifact(fit);
  }

  async #extract(
    engine: Engine,
    fit: CAEFit,
    batch: CrossSectionBatch,
    options: CAEExtractOptions,
  ): Promise<LatentFactorState> {
    const { nFactors: k } = this.config;
    const m = fit.members.length;
    const betas = new Float64Array(batch.nRows * m * k);
    const factorReturns: Float64Array[] = [];
    const factorNames: string[] = [];
    for await (const own of this.#outputs(engine, fit, batch, options)) {
      const first = factorReturns.length * k;
      for (let row = 0; row < batch.nRows; row++)
        for (let j = 0; j < k; j++) betas[row * m * k + first + j] = own.betas[row * k + j] / m;
      const member = factorReturns.push(own.factorReturns);
      for (let j = 1; j <= k; j++) factorNames.push(m === 1 ? `factor${j}` : `member${member}.factor${j}`);
    }
    return new LatentFactorState({
      index: batch.index,
      timing: batch,
      nFactors: m * k,
      nMembers: m,
      betaLayout: 'row',
      betas,
      factorReturns: sideBySide(factorReturns, batch.nDates),
      factorNames,
      checkpoint: this.checkpointOf(fit, options.checkpoint),
    });
  }

  /** One member after another, so that only one set of exposures is in memory beside the result. */
  async *#outputs(
    engine: Engine,
    fit: CAEFit,
    batch: CrossSectionBatch,
    options: CAEExtractOptions,
  ): AsyncGenerator<MemberFactors<Float64Array>> {
    const checkpoint = this.checkpointOf(fit, options.checkpoint);
    const portfolios = this.#portfolios(fit, batch, options.managedPortfolios);
    for (const member of fit.members) yield memberOutputs(engine, fit, stateAt(member, checkpoint), batch, portfolios);
  }

  /** x_t on the dates of the batch (T x L), where factors are made of them. */
  #portfolios(fit: CAEFit, batch: CrossSectionBatch, own?: FactorReturnSeries): Float64Array | undefined {
    requireSameColumns('characteristicNames', batch.characteristicNames, fit.characteristicNames);
    const given = own ?? fit.given;
    if (given) requireSamePortfolios(given.names, fit.portfolioNames);
    if (fit.shape.portfolios === 0) return undefined;
    return portfoliosFor(batch, given, { ridge: this.config.portfolioRidge, required: false })?.values;
  }
}

/** The columns of every member beside those of the member before, row by row. */
function sideBySide(members: readonly Float64Array[], rows: number): Float64Array {
  const m = members.length;
  const joined = new Float64Array(members.reduce((sum, { length }) => sum + length, 0));
  members.forEach((values, member) => {
    const k = values.length / rows;
    for (let row = 0; row < rows; row++) joined.set(values.subarray(row * k, (row + 1) * k), (row * m + member) * k);
  });
  return joined;
}
