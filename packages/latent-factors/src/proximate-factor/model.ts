import {
  LatentFactorState,
  NotIdentifiedError,
  type FitOptions,
  type FitSummary,
  type LatentFactorModel,
  type PersistentPanelBatch,
} from '@ml4t/core';
import { ClosedFormModel, requirePredictArguments, type Estimation } from '@ml4t/core/authoring';
import {
  gram,
  leastSquares,
  linalgBackend,
  matrix,
  multiply,
  solvePositiveDefinite,
  transpose,
  type Matrix,
} from '@ml4t/core/linalg';
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
import { completePanel } from '../pca/missing-returns.ts';
import { alignToAssets, estimableBatch, selectRows } from '../static-loadings/assets.ts';
import { observedTotalR2, staticFactorReturns } from '../static-loadings/factor-returns.ts';
import type { StaticLoadingsPhase } from '../static-loadings/imputation.ts';
import { imputationStopReason, staticFitNotes } from '../static-loadings/notes.ts';
import { countMissing } from '../static-loadings/observed-moments.ts';
import { overlapNote, overlapOf, requireSomeFactors } from '../static-loadings/overlap.ts';
import { timeSeriesExposures, type TimeSeriesExposures } from '../static-loadings/time-series-regression.ts';
import { packageVersion } from '../version.ts';
import { parseProximateFactorConfig, type ProximateFactorConfig, type ProximateFactorConfigInput } from './config.ts';

const savedState = z.strictObject({ assetIds: z.array(z.string()), withoutReturns: z.array(z.string()) });

/** In-sample figures of a fit. */
export type ProximateFactorMetrics = {
  /** Uncentred, of the regressions on the proximate factors, over observed returns. */
  readonly totalR2: number;
  /** tr((F'F)^-1 F'G (G'G)^-1 G'F) / K of principal components F and proximate factors G: 1 where they span the same. */
  readonly generalizedCorrelation: number;
  /** Assets that any factor holds. */
  readonly assetsHeld: number;
};

/** What a fit leaves behind. */
interface ProximateFactorFit extends TimeSeriesExposures {
  readonly assetIds: readonly string[];
  readonly withoutReturns: readonly string[];
  /** W (N x K): unit columns with `assetsPerFactor` entries that are not zero. */
  readonly sparseLoadings: Matrix;
  /** (N) */
  readonly means: Float64Array;
  readonly summary: FitSummary<ProximateFactorMetrics>;
}

/**
 * Proximate factors: portfolios of a few assets that come near the principal components of all of them, and can be named.
 *
 * Of each principal component's loading vector the m largest entries in absolute value stay, the others are set to zero, and the
 * rest W_k is scaled to unit length. Factors are the projections `f_t = (W'W)^-1 W' r_t`; exposures are the slopes of time-series
 * regressions of every asset on them, `r_it = alpha_i + beta_i' f_t + e_it`. With m of at least N both are those of {@link PCAModel}.
 * Signs: factor means non-negative.
 *
 * Source: Pelger and Xiong (2022), "Interpretable sparse proximate factors for large dimensions", Journal of Business & Economic
 * Statistics 40, section 2.
 *
 * @example
 * const model = new ProximateFactorModel({ nFactors: 3, assetsPerFactor: 8 });
 * await model.fit(panel);
 * model.holdings(0); // [{ assetId, loading }, …]: what the first factor is made of
 */
export class ProximateFactorModel
  extends ClosedFormModel<PersistentPanelBatch, ProximateFactorFit, StaticLoadingsPhase>
  implements LatentFactorModel<PersistentPanelBatch>
{
  readonly modelType = 'proximate-factor';
  readonly config: ProximateFactorConfig;
  protected readonly packageVersion = packageVersion();
  protected override readonly batchKind = 'persistent-panel';

  /** Throws ConfigError when a field is unknown or out of range. */
  constructor(config: ProximateFactorConfigInput = {}) {
    super();
    this.config = parseProximateFactorConfig(config);
  }

  /** The assets of the fit (N): those with a return in training. */
  get assetIds(): readonly string[] {
    return this.requireFit('assetIds').assetIds;
  }
  /** W (N x K), row-major; rows as in {@link assetIds}. */
  get sparseLoadings(): Float64Array {
    return this.requireFit('sparseLoadings').sparseLoadings.data.slice();
  }
  /** Slopes of the assets on the proximate factors (N x K), row-major; NaN with too few dates. */
  get betas(): Float64Array {
    return this.requireFit('betas').betas.data.slice();
  }

  /** What a factor (from 0) is made of, the largest loading first. Throws NotFittedError. */
  holdings(factor: number): readonly { readonly assetId: string; readonly loading: number }[] {
    const { assetIds, sparseLoadings } = this.requireFit('holdings');
    return assetIds
      .map((assetId, i) => ({ assetId, loading: sparseLoadings.data[i * sparseLoadings.columns + factor] }))
      .filter(({ loading }) => loading !== 0)
      .sort((a, b) => Math.abs(b.loading) - Math.abs(a.loading));
  }

  /**
   * Estimates principal components, thresholds them and regresses every asset on what is left. Throws what {@link PCAModel} throws, and
   * NotIdentifiedError where so few assets a factor cannot tell the factors apart; an earlier fit stays.
   */
  protected async estimate(
    batch: PersistentPanelBatch,
    options: FitOptions<PersistentPanelBatch, StaticLoadingsPhase>,
  ): Promise<Estimation<ProximateFactorFit>> {
    const { config } = this;
    const { batch: estimable, withoutReturns } = estimableBatch(
      batch,
      config.nFactors,
      'ProximateFactorConfig.nFactors',
    );
    const { assetIds } = estimable;
    const returns = matrix(estimable.nDates, estimable.nAssets, estimable.returns);
    const overlap = overlapOf(returns, config.nFactors);
    const panel = await completePanel(returns, config, overlap.looseDates === 0, options);
    const principal = staticFactorReturns(returns, { ...panel, weights: panel.loadings });
    requireSomeFactors(returns, principal, overlap, assetIds);
    const sparse = thresholded(panel.loadings, config.assetsPerFactor);
    const unsigned = factorsOf(returns, sparse, panel.means);
    const signs = factorSigns({ loadings: sparse, factors: unsigned });
    const sparseLoadings = scaleColumns(sparse, (j) => signs[j]);
    const factors = factorsOf(returns, sparseLoadings, panel.means);
    const exposures = timeSeriesExposures(returns, factors);
    const unpriced = countMissing(exposures.alphas);
    const notes = staticFitNotes(panel, overlapNote(overlap, assetIds), withoutReturns);
    if (unpriced > 0) notes.push(`${unpriced} assets have too few returns for time-series betas; theirs are NaN.`);
    const held = assetIds.filter((_, i) =>
      sparseLoadings.data.subarray(i * sparse.columns, (i + 1) * sparse.columns).some((loading) => loading !== 0),
    );
    return {
      fit: { ...exposures, assetIds, withoutReturns, sparseLoadings, means: panel.means },
      report: {
        stopReason: imputationStopReason(panel),
        iterations: panel.rounds,
        trainMetrics: {
          totalR2: observedTotalR2(returns, exposures.betas, factors),
          generalizedCorrelation: generalizedCorrelation(principal, factors),
          assetsHeld: held.length,
        },
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
   * Static exposures of the batch's assets, and factor returns per date; dates with gaps get theirs by least squares on the sparse
   * loadings of the observed assets, NaN where these do not tell the factors apart. Assets are matched by id.
   * Throws NotFittedError; DataError that names unknown assets.
   */
  async extract(batch: PersistentPanelBatch): Promise<LatentFactorState> {
    const fit = this.requireFit('extract');
    requirePredictArguments(batch, {}, { operation: 'ProximateFactorModel.extract', kind: 'persistent-panel' });
    const { rows, returns } = alignToAssets(batch, fit.assetIds, fit.withoutReturns);
    const alphas = (): Float64Array => Float64Array.from(rows, (row) => (row < 0 ? Number.NaN : fit.alphas[row]));
    return new LatentFactorState({
      index: batch.index,
      timing: batch,
      nFactors: this.config.nFactors,
      betaLayout: 'asset',
      betas: selectRows(fit.betas, rows),
      ...(this.config.extractAlphas ? { alphas: alphas() } : {}),
      factorReturns: factorsOf(returns, fit.sparseLoadings, fit.means).data,
    });
  }

  protected contentOf(fit: ProximateFactorFit): Pick<ArtifactContent, 'state' | 'arrays'> {
    const [n, k] = [fit.assetIds.length, this.config.nFactors];
    return {
      state: { assetIds: fit.assetIds, withoutReturns: fit.withoutReturns },
      arrays: {
        sparseLoadings: { shape: [n, k], data: fit.sparseLoadings.data },
        means: { shape: [n], data: fit.means },
        betas: { shape: [n, k], data: fit.betas.data },
        alphas: { shape: [n], data: fit.alphas },
        residualVariances: { shape: [n], data: fit.residualVariances },
      },
    };
  }

  /** Reads an artifact that `save` wrote. Throws ArtifactError when it is missing, damaged or of another model. */
  static async load(source: ArtifactSource): Promise<ProximateFactorModel> {
    const artifact = await loadArtifact(source, {
      modelType: 'proximate-factor',
      arrays: ['sparseLoadings', 'means', 'betas', 'alphas', 'residualVariances'],
    });
    const model = new ProximateFactorModel(artifact.config as ProximateFactorConfigInput);
    const { assetIds, withoutReturns } = readState(artifact, savedState);
    const [n, k] = [assetIds.length, model.config.nFactors];
    // An asset with too few returns has no time-series regression.
    const regression = (name: string, ...shape: number[]): Float64Array =>
      artifactArray(artifact, name, 'F64', shape, { allowNaN: true });
    model.restore({
      assetIds,
      withoutReturns,
      sparseLoadings: matrix(n, k, artifactArray(artifact, 'sparseLoadings', 'F64', [n, k])),
      means: artifactArray(artifact, 'means', 'F64', [n]),
      betas: matrix(n, k, regression('betas', n, k)),
      alphas: regression('alphas', n),
      residualVariances: regression('residualVariances', n),
      summary: readSummary(artifact) as FitSummary<ProximateFactorMetrics>,
    });
    return model;
  }
}

/** The `count` largest entries of each column in absolute value (of equal ones the first), at unit length; zero elsewhere. */
function thresholded({ rows: n, columns: k, data }: Matrix, count: number): Matrix {
  const sparse = matrix(n, k);
  for (let j = 0; j < k; j++) {
    const size = (i: number): number => Math.abs(data[i * k + j]);
    const largest = Array.from({ length: n }, (_, i) => i)
      .sort((a, b) => size(b) - size(a) || a - b)
      .slice(0, count);
    const length = Math.sqrt(largest.reduce((sum, i) => sum + size(i) * size(i), 0));
    for (const i of largest) sparse.data[i * k + j] = data[i * k + j] / length;
  }
  return sparse;
}

/** (W'W)^-1 W' r_t (T x K). Throws NotIdentifiedError when columns of W depend on each other. */
function factorsOf(returns: Matrix, sparse: Matrix, means: Float64Array): Matrix {
  const { rank } = leastSquares(sparse, matrix(sparse.rows, 1));
  if (rank < sparse.columns)
    throw new NotIdentifiedError({
      field: 'ProximateFactorConfig.assetsPerFactor',
      expected: `factors that their assets tell apart (rank ${sparse.columns})`,
      found: `rank ${rank}`,
      remedy: 'Raise assetsPerFactor, or lower nFactors.',
    });
  const weights = transpose(solvePositiveDefinite(gram(sparse), transpose(sparse)));
  return staticFactorReturns(returns, { loadings: sparse, weights, means });
}

/** tr((F'F)^-1 F'G (G'G)^-1 G'F) / K over the dates on which both are known: the mean squared canonical correlation, uncentred. */
function generalizedCorrelation(f: Matrix, g: Matrix): number {
  const k = f.columns;
  const known = Array.from({ length: f.rows }, (_, t) => t).filter(
    (t) => !Number.isNaN(f.data[t * k]) && !Number.isNaN(g.data[t * k]),
  );
  if (known.length < k) return Number.NaN;
  const rows = (a: Matrix): Matrix => {
    const out = matrix(known.length, k);
    known.forEach((t, i) => out.data.set(a.data.subarray(t * k, (t + 1) * k), i * k));
    return out;
  };
  const [x, y] = [rows(f), rows(g)];
  const cross = multiply(x, y, { transposeA: true });
  const left = solvePositiveDefinite(gram(x), cross);
  const right = solvePositiveDefinite(gram(y), transpose(cross));
  const product = multiply(left, right).data;
  let trace = 0;
  for (let j = 0; j < k; j++) trace += product[j * k + j];
  return trace / k;
}
