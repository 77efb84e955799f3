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
import { factorSigns, scaleColumns } from '../identification.ts';
import { alignToAssets, estimableBatch, selectRows } from '../static-loadings/assets.ts';
import { observedExplainedVariance, observedTotalR2, staticFactorReturns } from '../static-loadings/factor-returns.ts';
import type { StaticLoadingsPhase } from '../static-loadings/imputation.ts';
import { imputationStopReason, staticFitNotes } from '../static-loadings/notes.ts';
import { countMissing } from '../static-loadings/observed-moments.ts';
import { overlapNote, overlapOf, requireSomeFactors } from '../static-loadings/overlap.ts';
import { packageVersion } from '../version.ts';
import { parsePCAConfig, type PCAConfig, type PCAConfigInput } from './config.ts';
import { completePanel } from './missing-returns.ts';

const savedState = z.strictObject({
  assetIds: z.array(z.string()),
  /** Absent in artifacts from before such assets were left out. */
  withoutReturns: z.array(z.string()).default([]),
});

/** In-sample figures of a fit, over the observed returns. */
export type PCAMetrics = {
  /** Share of the variance about asset means that the factors explain. */
  readonly explainedVarianceRatio: number;
  /** Uncentred. */
  readonly totalR2: number;
};

/** What a fit leaves behind. */
interface PCAFit {
  readonly assetIds: readonly string[];
  /** Assets of the training batch without a single return. */
  readonly withoutReturns: readonly string[];
  /** (N x K), orthonormal columns. */
  readonly loadings: Matrix;
  /** (N) */
  readonly means: Float64Array;
  /** (K), of the covariance matrix of the completed panel (divisor T). */
  readonly eigenvalues: Float64Array;
  readonly summary: FitSummary<PCAMetrics>;
}

/**
 * Principal component analysis of a panel with a stable asset axis: static loadings, factors as portfolios.
 *
 * Loadings are the K leading right singular vectors of the demeaned returns (T x N), orthonormal, by descending
 * eigenvalue. Factor returns are the *uncentred* projections `f_t = Lambda' r_t`: their mean is the factor's premium.
 * (Projections of demeaned returns would have mean zero, and every premium forecast with them.) Signs: factor means
 * non-negative. Missing training returns are imputed by expectation-maximisation; dates with gaps get their factors by
 * least squares on the loadings of the assets that are there.
 *
 * Source: Connor and Korajczyk (1986); Stock and Watson (2002) for missing data.
 *
 * @example
 * const model = new PCAModel({ nFactors: 3 });
 * await model.fit(panel);
 * const { betas, factorReturns } = await model.extract(later);
 */
export class PCAModel
  extends ClosedFormModel<PersistentPanelBatch, PCAFit, StaticLoadingsPhase>
  implements LatentFactorModel<PersistentPanelBatch>
{
  readonly modelType = 'pca';
  readonly config: PCAConfig;
  protected readonly packageVersion = packageVersion();
  protected override readonly batchKind = 'persistent-panel';

  /** Throws ConfigError when a field is unknown or out of range. */
  constructor(config: PCAConfigInput = {}) {
    super();
    this.config = parsePCAConfig(config);
  }

  /** Loadings (N x K), row-major; rows as in {@link assetIds}. */
  get loadings(): Float64Array {
    return this.requireFit('loadings').loadings.data.slice();
  }
  /** The assets of the fit (N): those with a return in training. */
  get assetIds(): readonly string[] {
    return this.requireFit('assetIds').assetIds;
  }
  /** Mean return of each asset (N). */
  get assetMeans(): Float64Array {
    return this.requireFit('assetMeans').means.slice();
  }
  /** The K leading eigenvalues of the covariance matrix (divisor T): the factors' variances. */
  get eigenvalues(): Float64Array {
    return this.requireFit('eigenvalues').eigenvalues.slice();
  }

  /**
   * Estimates the loadings. Assets without a single return are named in the notes and left out; a panel that hangs together by few
   * dates is named there too. Throws ConfigError when K exceeds dates or assets, NotIdentifiedError when the rank is below K (constant
   * returns have rank 0) or no date's assets tell K factors apart, AbortedError; in every case an earlier fit stays.
   */
  protected async estimate(
    batch: PersistentPanelBatch,
    options: FitOptions<PersistentPanelBatch, StaticLoadingsPhase>,
  ): Promise<Estimation<PCAFit>> {
    const { config } = this;
    const { batch: estimable, withoutReturns } = estimableBatch(batch, config.nFactors, 'PCAConfig.nFactors');
    const { assetIds } = estimable;
    const returns = matrix(estimable.nDates, estimable.nAssets, estimable.returns);
    const overlap = overlapOf(returns, config.nFactors);
    const panel = await completePanel(returns, config, overlap.looseDates === 0, options);
    const statics = { ...panel, weights: panel.loadings };
    const unsigned = { loadings: panel.loadings, factors: staticFactorReturns(returns, statics) };
    requireSomeFactors(returns, unsigned.factors, overlap, assetIds);
    const signs = factorSigns(unsigned);
    const loadings = scaleColumns(panel.loadings, (j) => signs[j]);
    const { means, eigenvalues } = panel;
    return {
      fit: { assetIds, withoutReturns, loadings, means, eigenvalues },
      report: {
        stopReason: imputationStopReason(panel),
        iterations: panel.rounds,
        trainMetrics: {
          explainedVarianceRatio: observedExplainedVariance(returns, unsigned.factors, statics),
          totalR2: observedTotalR2(returns, unsigned.loadings, unsigned.factors),
        },
        notes: staticFitNotes(panel, overlapNote(overlap, assetIds), withoutReturns),
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
   * Static exposures of the batch's assets, and factor returns per date: the projection of the returns where all assets
   * of the fit are observed, least squares on the observed ones elsewhere, NaN with fewer than K of them. Exposures of assets that had no return in training
   * are NaN. Assets are matched by id: subsets and other orders are fine. Throws DataError that names unknown assets.
   */
  async extract(batch: PersistentPanelBatch): Promise<LatentFactorState> {
    const fit = this.requireFit('extract');
    requirePredictArguments(batch, {}, { operation: 'PCAModel.extract', kind: 'persistent-panel' });
    const { rows, returns } = alignToAssets(batch, fit.assetIds, fit.withoutReturns);
    return new LatentFactorState({
      index: batch.index,
      timing: batch,
      nFactors: this.config.nFactors,
      betaLayout: 'asset',
      betas: selectRows(fit.loadings, rows),
      factorReturns: staticFactorReturns(returns, { ...fit, weights: fit.loadings }).data,
    });
  }

  protected contentOf(fit: PCAFit): Pick<ArtifactContent, 'state' | 'arrays'> {
    return {
      state: { assetIds: fit.assetIds, withoutReturns: fit.withoutReturns },
      arrays: {
        loadings: { shape: [fit.loadings.rows, fit.loadings.columns], data: fit.loadings.data },
        means: { shape: [fit.means.length], data: fit.means },
        eigenvalues: { shape: [fit.eigenvalues.length], data: fit.eigenvalues },
      },
    };
  }

  /** Reads an artifact that `save` wrote. Throws ArtifactError when it is missing, damaged or of another model. */
  static async load(source: ArtifactSource): Promise<PCAModel> {
    const artifact = await loadArtifact(source, { modelType: 'pca', arrays: ['loadings', 'means', 'eigenvalues'] });
    const model = new PCAModel(artifact.config as PCAConfigInput);
    const { assetIds, withoutReturns } = readState(artifact, savedState);
    const [n, k] = [assetIds.length, model.config.nFactors];
    model.restore({
      assetIds,
      withoutReturns,
      loadings: matrix(n, k, artifactArray(artifact, 'loadings', 'F64', [n, k])),
      means: artifactArray(artifact, 'means', 'F64', [n]),
      eigenvalues: artifactArray(artifact, 'eigenvalues', 'F64', [k]),
      summary: readSummary(artifact) as FitSummary<PCAMetrics>,
    });
    return model;
  }
}
