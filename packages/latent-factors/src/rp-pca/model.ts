import {
  LatentFactorState,
  type FitOptions,
  type FitSummary,
  type LatentFactorModel,
  type PersistentPanelBatch,
} from '@ml4t/core';
import { ClosedFormModel, requirePredictArguments, type Estimation } from '@ml4t/core/authoring';
import { linalgBackend, matrix, type Matrix } from '@ml4t/core/linalg';
import {
  artifactArray,
  loadArtifact,
  readState,
  readSummary,
  type ArtifactContent,
  type ArtifactSource,
} from '@ml4t/core/persist';
import * as z from 'zod';
import { alignToAssets, estimableBatch, selectRows } from '../static-loadings/assets.ts';
import { staticFactorReturns } from '../static-loadings/factor-returns.ts';
import type { StaticLoadingsPhase } from '../static-loadings/imputation.ts';
import { imputationStopReason, staticFitNotes } from '../static-loadings/notes.ts';
import { countMissing } from '../static-loadings/observed-moments.ts';
import { overlapNote, overlapOf, requireSomeFactors } from '../static-loadings/overlap.ts';
import { timeSeriesExposures, type TimeSeriesExposures } from '../static-loadings/time-series-regression.ts';
import { packageVersion } from '../version.ts';
import { parseRPPCAConfig, type RPPCAConfig, type RPPCAConfigInput } from './config.ts';
import { estimateRPPCA } from './estimate.ts';
import { factorPerformance, rppcaFitMetrics, type FactorPerformance, type RPPCAMetrics } from './fit-metrics.ts';

const savedState = z.strictObject({
  assetIds: z.array(z.string()),
  /** Absent in artifacts from before such assets were left out. */
  withoutReturns: z.array(z.string()).default([]),
});
const savedArrays = [
  'loadings',
  'weights',
  'means',
  'eigenvalues',
  'betas',
  'alphas',
  'residualVariances',
  'premia',
  'sharpeRatios',
] as const;

/** What a fit leaves behind. */
interface RPPCAFit extends TimeSeriesExposures, FactorPerformance {
  readonly assetIds: readonly string[];
  /** Assets of the training batch without a single return. */
  readonly withoutReturns: readonly string[];
  /** (N x K) */
  readonly loadings: Matrix;
  /** (N x K) */
  readonly weights: Matrix;
  /** (N) */
  readonly means: Float64Array;
  /** (K) */
  readonly eigenvalues: Float64Array;
  readonly summary: FitSummary<RPPCAMetrics>;
}

/**
 * Risk-premium principal component analysis: static factors that explain the variation *and* the means of returns.
 *
 * Loadings L are made of the K leading eigenvectors of `base + gamma m m'`, m the mean returns and base `X'X / T` or the
 * covariance matrix. They minimise unexplained variation plus `1 + gamma` times the squared pricing errors, so a weak
 * factor with a high Sharpe ratio is found where plain PCA (gamma = -1) sees noise. Factors are portfolios,
 * `f_t = P' r_t` with `P = L (L'L)^-1`; means non-negative, by descending eigenvalue.
 *
 * Three descriptions of an asset come out: its loading, and alpha and betas of the time-series regression
 * `r_it = alpha_i + beta_i' f_t + e_it` on observed returns. Means are those of the observed returns, and gaps are filled
 * by the factors themselves, iterated; dates with gaps get their factors by least squares.
 *
 * Source: Lettau and Pelger (2020), "Estimating latent asset-pricing factors", Journal of Econometrics 218; (2020),
 * "Factors that fit the time series and cross-section of stock returns", Review of Financial Studies 33.
 *
 * @example
 * const model = new RPPCAModel({ nFactors: 5, gamma: 10 });
 * await model.fit(train);
 * const { betas, alphas, factorReturns } = await model.extract(test);
 */
export class RPPCAModel
  extends ClosedFormModel<PersistentPanelBatch, RPPCAFit, StaticLoadingsPhase>
  implements LatentFactorModel<PersistentPanelBatch>
{
  readonly modelType = 'rp-pca';
  readonly config: RPPCAConfig;
  protected readonly packageVersion = packageVersion();
  protected override readonly batchKind = 'persistent-panel';

  /** Throws ConfigError when a field is unknown or out of range, or gamma too low for the base moment. */
  constructor(config: RPPCAConfigInput = {}) {
    super();
    this.config = parseRPPCAConfig(config);
  }

  /** The assets of the fit (N). */
  get assetIds(): readonly string[] {
    return this.requireFit('assetIds').assetIds;
  }
  /** Mean observed return of each asset (N). */
  get assetMeans(): Float64Array {
    return this.requireFit('assetMeans').means.slice();
  }
  /** RP-PCA loadings L (N x K), row-major: `L f_t` are the fitted returns. */
  get loadings(): Float64Array {
    return this.requireFit('loadings').loadings.data.slice();
  }
  /** Asset weights of the factor portfolios, P = L (L'L)^-1 (N x K), row-major: `f_t = P' r_t`. */
  get factorWeights(): Float64Array {
    return this.requireFit('factorWeights').weights.data.slice();
  }
  /** Slopes of the regression of each asset on a constant and the training factors (N x K); NaN with too few dates. */
  get timeSeriesBetas(): Float64Array {
    return this.requireFit('timeSeriesBetas').betas.data.slice();
  }
  /** Intercepts of that regression (N): what the factors' premia leave of the mean return. Per period. */
  get alphas(): Float64Array {
    return this.requireFit('alphas').alphas.slice();
  }
  /** Mean squared residuals of that regression (N). */
  get residualVariances(): Float64Array {
    return this.requireFit('residualVariances').residualVariances.slice();
  }
  /** The K leading eigenvalues of the matrix decomposed, descending; in units of scaled returns where they were scaled. */
  get eigenvalues(): Float64Array {
    return this.requireFit('eigenvalues').eigenvalues.slice();
  }
  /** Mean training factor returns (K), non-negative, per period. */
  get factorPremia(): Float64Array {
    return this.requireFit('factorPremia').premia.slice();
  }
  /** Mean over standard deviation (divisor T - 1) of the training factors (K), per period. */
  get factorSharpeRatios(): Float64Array {
    return this.requireFit('factorSharpeRatios').sharpeRatios.slice();
  }

  /**
   * Estimates loadings, factor portfolios and time-series exposures. Throws ConfigError when K exceeds dates or assets,
   * DataError when (scaled by volatility) an asset has no return that varies, NotIdentifiedError when the rank is below K (constant
   * returns have rank 0) or no date's assets tell K factors apart, AbortedError; in every case an earlier fit stays. Assets without a
   * single return are named in the notes and left out; a panel that hangs together by few dates is named there too.
   */
  protected async estimate(
    batch: PersistentPanelBatch,
    options: FitOptions<PersistentPanelBatch, StaticLoadingsPhase>,
  ): Promise<Estimation<RPPCAFit>> {
    const { config } = this;
    const { batch: estimable, withoutReturns } = estimableBatch(batch, config.nFactors, 'RPPCAConfig.nFactors');
    const { assetIds } = estimable;
    const returns = matrix(estimable.nDates, estimable.nAssets, estimable.returns);
    const overlap = overlapOf(returns, config.nFactors);
    const estimate = await estimateRPPCA(returns, assetIds, config, overlap.looseDates === 0, options);
    requireSomeFactors(returns, estimate.factorReturns, overlap, assetIds);
    const exposures = timeSeriesExposures(returns, estimate.factorReturns);
    const unpriced = countMissing(exposures.alphas);
    const notes = staticFitNotes(estimate, overlapNote(overlap, assetIds), withoutReturns);
    if (unpriced > 0) notes.push(`${unpriced} assets have too few returns for time-series betas; theirs are NaN.`);
    const { loadings, weights, means, eigenvalues } = estimate;
    return {
      fit: {
        ...exposures,
        ...factorPerformance(estimate.factorReturns),
        assetIds,
        withoutReturns,
        loadings,
        weights,
        means,
        eigenvalues,
      },
      report: {
        stopReason: imputationStopReason(estimate),
        iterations: estimate.rounds,
        trainMetrics: rppcaFitMetrics(returns, estimate, exposures),
        notes,
        engine: linalgBackend(),
        dimensions: {
          dates: batch.nDates,
          assets: assetIds.length,
          missingReturns: countMissing(estimable.returns),
        },
      },
    };
  }

  /**
   * Static exposures of the batch's assets, as `exposures` and `extractAlphas` of the configuration say, and factor returns
   * per date: `P' r_t` where all assets of the fit are observed, least squares on the loadings of the observed ones
   * elsewhere, NaN with fewer than K of them. Assets are matched by id: subsets and other orders are fine.
   * Throws NotFittedError; DataError that names unknown assets.
   */
  async extract(batch: PersistentPanelBatch): Promise<LatentFactorState> {
    const fit = this.requireFit('extract');
    requirePredictArguments(batch, {}, { operation: 'RPPCAModel.extract', kind: 'persistent-panel' });
    const { nFactors, exposures, extractAlphas } = this.config;
    const { rows, returns } = alignToAssets(batch, fit.assetIds, fit.withoutReturns);
    const timeSeries = exposures === 'time-series';
    return new LatentFactorState({
      index: batch.index,
      timing: batch,
      nFactors,
      betaLayout: 'asset',
      betas: selectRows(timeSeries ? fit.betas : fit.loadings, rows),
      alphas:
        timeSeries && extractAlphas
          ? Float64Array.from(rows, (row) => (row < 0 ? Number.NaN : fit.alphas[row]))
          : undefined,
      factorReturns: staticFactorReturns(returns, fit).data,
    });
  }

  protected contentOf(fit: RPPCAFit): Pick<ArtifactContent, 'state' | 'arrays'> {
    const wide = (a: Matrix): { shape: number[]; data: Float64Array } => ({ shape: [a.rows, a.columns], data: a.data });
    const flat = (a: Float64Array): { shape: number[]; data: Float64Array } => ({ shape: [a.length], data: a });
    return {
      state: { assetIds: fit.assetIds, withoutReturns: fit.withoutReturns },
      arrays: {
        loadings: wide(fit.loadings),
        weights: wide(fit.weights),
        means: flat(fit.means),
        eigenvalues: flat(fit.eigenvalues),
        betas: wide(fit.betas),
        alphas: flat(fit.alphas),
        residualVariances: flat(fit.residualVariances),
        premia: flat(fit.premia),
        sharpeRatios: flat(fit.sharpeRatios),
      },
    };
  }

  /** Reads an artifact that `save` wrote. Throws ArtifactError when it is missing, damaged or of another model. */
  static async load(source: ArtifactSource): Promise<RPPCAModel> {
    const artifact = await loadArtifact(source, { modelType: 'rp-pca', arrays: savedArrays });
    const model = new RPPCAModel(artifact.config as RPPCAConfigInput);
    const { assetIds, withoutReturns } = readState(artifact, savedState);
    const [n, k] = [assetIds.length, model.config.nFactors];
    const read = (name: (typeof savedArrays)[number], ...shape: number[]): Float64Array =>
      // An asset with too few returns has no time-series regression.
      artifactArray(artifact, name, 'F64', shape, {
        allowNaN: ['betas', 'alphas', 'residualVariances'].includes(name),
      });
    model.restore({
      assetIds,
      withoutReturns,
      loadings: matrix(n, k, read('loadings', n, k)),
      weights: matrix(n, k, read('weights', n, k)),
      means: read('means', n),
      eigenvalues: read('eigenvalues', k),
      betas: matrix(n, k, read('betas', n, k)),
      alphas: read('alphas', n),
      residualVariances: read('residualVariances', n),
      premia: read('premia', k),
      sharpeRatios: read('sharpeRatios', k),
      summary: readSummary(artifact) as FitSummary<RPPCAMetrics>,
    });
    return model;
  }
}
