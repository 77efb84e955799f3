import {
  ConfigError,
  DataError,
  LatentFactorState,
  NotFittedError,
  NotIdentifiedError,
  throwIfAborted,
  type ExtractOptions,
  type FitOptions,
  type FitSummary,
  type LatentFactorModel,
  type PersistentPanelBatch,
} from '@ml4t/core';
import { linalgBackend, matrix, multiply, type Matrix } from '@ml4t/core/linalg';
import { artifactArray, loadArtifact, saveArtifact } from '@ml4t/core/persist';
import * as z from 'zod';
import { factorSigns, scaleColumns } from '../identification.ts';
import { readState } from '../saved-state.ts';
import { packageVersion } from '../version.ts';
import { parsePCAConfig, type PCAConfig, type PCAConfigInput } from './config.ts';
import { completePanel } from './missing-returns.ts';
import { staticFactorReturns } from './static-factors.ts';

const savedState = z.strictObject({ assetIds: z.array(z.string()) });

/** What a fit leaves behind. */
interface PCAFit {
  readonly assetIds: readonly string[];
  /** (N x K), orthonormal columns. */
  readonly loadings: Matrix;
  /** (N) */
  readonly means: Float64Array;
  /** (K), of the covariance matrix of the completed panel (divisor T). */
  readonly eigenvalues: Float64Array;
  readonly summary: FitSummary;
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
export class PCAModel implements LatentFactorModel<PersistentPanelBatch> {
  readonly modelType = 'pca';
  readonly config: PCAConfig;
  #fit: PCAFit | undefined;

  /** Throws ConfigError when a field is unknown or out of range. */
  constructor(config: PCAConfigInput = {}) {
    this.config = parsePCAConfig(config);
  }

  get isFitted(): boolean {
    return this.#fit !== undefined;
  }

  /** Loadings (N x K), row-major; rows as in {@link assetIds}. */
  get loadings(): Float64Array {
    return this.#requireFit('loadings').loadings.data.slice();
  }
  /** The assets of the fit (N). */
  get assetIds(): readonly string[] {
    return this.#requireFit('assetIds').assetIds;
  }
  /** Mean return of each asset (N). */
  get assetMeans(): Float64Array {
    return this.#requireFit('assetMeans').means.slice();
  }
  /** The K leading eigenvalues of the covariance matrix (divisor T): the factors' variances. */
  get eigenvalues(): Float64Array {
    return this.#requireFit('eigenvalues').eigenvalues.slice();
  }
  get fitSummary(): FitSummary {
    return this.#requireFit('fitSummary').summary;
  }

  /**
   * Estimates the loadings. Throws ConfigError when K exceeds dates or assets, DataError when an asset has no return at
   * all, NotIdentifiedError when the rank is below K, AbortedError; in every case an earlier fit stays.
   */
  async fit(batch: PersistentPanelBatch, options: FitOptions<PersistentPanelBatch> = {}): Promise<FitSummary> {
    const started = performance.now();
    const { config } = this;
    throwIfAborted(options.signal, 'PCAModel.fit');
    const returns = matrix(batch.nDates, batch.nAssets, batch.returns);
    requireEstimable(batch, config.nFactors);
    const panel = await completePanel(returns, config, options);
    const unsigned = {
      loadings: panel.loadings,
      factors: staticFactorReturns(returns, panel.loadings, panel.means),
    };
    const signs = factorSigns(unsigned);
    const loadings = scaleColumns(panel.loadings, (j) => signs[j]);
    const missing = batch.returns.reduce((count, value) => count + (Number.isNaN(value) ? 1 : 0), 0);
    const notes: string[] = [];
    if (!panel.converged) notes.push(`The imputed returns still moved after ${panel.rounds} rounds.`);
    const stopReason = !panel.converged ? 'max-iterations' : panel.rounds > 0 ? 'converged' : 'closed-form';
    const summary: FitSummary = {
      converged: panel.converged,
      stopReason,
      iterations: panel.rounds,
      trainMetrics: fitMetrics(returns, unsigned, panel.eigenvalues, panel.totalVariance),
      history: [],
      notes,
      runRecord: {
        modelType: this.modelType,
        packageVersion: packageVersion(),
        config,
        engine: linalgBackend(),
        dimensions: { dates: batch.nDates, assets: batch.nAssets, missingReturns: missing },
        stopReason,
        seconds: (performance.now() - started) / 1000,
      },
    };
    const { means, eigenvalues } = panel;
    this.#fit = { assetIds: [...batch.assetIds], loadings, means, eigenvalues, summary };
    return summary;
  }

  /**
   * Static exposures of the batch's assets, and factor returns per date: the projection of the returns where all assets
   * of the fit are observed, least squares on the observed ones elsewhere, NaN with fewer than K of them.
   * Assets are matched by id: subsets and other orders are fine. Throws DataError that names unknown assets.
   */
  async extract(batch: PersistentPanelBatch, _options: ExtractOptions = {}): Promise<LatentFactorState> {
    const fit = this.#requireFit('extract');
    const rows = matchAssets(batch.assetIds, fit.assetIds);
    const k = this.config.nFactors;
    const betas = new Float64Array(batch.nAssets * k);
    const aligned = new Float64Array(batch.nDates * fit.assetIds.length).fill(Number.NaN);
    rows.forEach((row, i) => {
      betas.set(fit.loadings.data.subarray(row * k, (row + 1) * k), i * k);
      for (let t = 0; t < batch.nDates; t++)
        aligned[t * fit.assetIds.length + row] = batch.returns[t * batch.nAssets + i];
    });
    return new LatentFactorState({
      index: batch.index,
      nFactors: k,
      betaLayout: 'asset',
      betas,
      factorReturns: staticFactorReturns(matrix(batch.nDates, fit.assetIds.length, aligned), fit.loadings, fit.means)
        .data,
    });
  }

  /** Writes the configuration, loadings, means and the fit summary as one artifact, atomically. */
  async save(path: string): Promise<void> {
    const fit = this.#requireFit('save');
    await saveArtifact(path, {
      modelType: this.modelType,
      formatVersion: 1,
      packageVersion: packageVersion(),
      config: this.config,
      state: { assetIds: fit.assetIds },
      record: fit.summary,
      arrays: {
        loadings: { shape: [fit.loadings.rows, fit.loadings.columns], data: fit.loadings.data },
        means: { shape: [fit.means.length], data: fit.means },
        eigenvalues: { shape: [fit.eigenvalues.length], data: fit.eigenvalues },
      },
    });
  }

  /** Reads an artifact that `save` wrote. Throws ArtifactError when it is missing, damaged or of another model. */
  static async load(path: string): Promise<PCAModel> {
    const artifact = await loadArtifact(path, { modelType: 'pca', arrays: ['loadings', 'means', 'eigenvalues'] });
    const model = new PCAModel(artifact.config as PCAConfigInput);
    const { assetIds } = readState(path, savedState, artifact.state);
    const [n, k] = [assetIds.length, model.config.nFactors];
    model.#fit = {
      assetIds,
      loadings: matrix(n, k, artifactArray(artifact, 'loadings', 'F64', [n, k])),
      means: artifactArray(artifact, 'means', 'F64', [n]),
      eigenvalues: artifactArray(artifact, 'eigenvalues', 'F64', [k]),
      summary: artifact.record as FitSummary,
    };
    return model;
  }

  #requireFit(operation: string): PCAFit {
    if (!this.#fit) throw new NotFittedError('PCAModel', operation);
    return this.#fit;
  }
}

function requireEstimable(batch: PersistentPanelBatch, k: number): void {
  const { nDates, nAssets, returns } = batch;
  // Demeaning takes one direction of the dates away.
  const most = Math.min(nDates - 1, nAssets);
  if (k > most)
    throw new ConfigError({
      field: 'PCAConfig.nFactors',
      expected: `at most ${most} (${nDates} dates less one, ${nAssets} assets)`,
      found: String(k),
      remedy: 'Lower nFactors, or pass more dates and assets.',
    });
  const empty = batch.assetIds.filter((_, i) => {
    for (let t = 0; t < nDates; t++) if (!Number.isNaN(returns[t * nAssets + i])) return false;
    return true;
  });
  if (empty.length > 0)
    throw new DataError({
      field: 'returns',
      expected: 'at least one return for every asset',
      found: `none for ${empty.slice(0, 5).join(', ')}${empty.length > 5 ? ` and ${empty.length - 5} more` : ''}`,
      remedy: 'Select the assets that have returns with `batch.selectAssets`.',
    });
}

/** Position of each asset of the batch on the asset axis of the fit. */
function matchAssets(assetIds: readonly string[], known: readonly string[]): number[] {
  const position = new Map(known.map((id, i) => [id, i]));
  const unknown = assetIds.filter((id) => !position.has(id));
  if (unknown.length > 0)
    throw new DataError({
      field: 'assetIds',
      expected: 'assets of the fit',
      found: `${unknown.slice(0, 5).join(', ')}${unknown.length > 5 ? ` and ${unknown.length - 5} more` : ''}`,
      remedy: 'Loadings are per asset: leave new assets out, or refit with them.',
    });
  return assetIds.map((id) => position.get(id) as number);
}

function fitMetrics(
  returns: Matrix,
  { loadings, factors }: { loadings: Matrix; factors: Matrix },
  eigenvalues: Float64Array,
  totalVariance: number,
): Record<string, number> {
  const k = loadings.columns;
  const estimated = Array.from({ length: factors.rows }, (_, t) => !Number.isNaN(factors.data[t * k]));
  if (!estimated.some(Boolean))
    throw new NotIdentifiedError({
      field: 'returns',
      expected: `a date with at least ${k} observed assets`,
      found: 'none',
      remedy: 'Lower nFactors or pass assets with fewer gaps.',
    });
  const fitted = multiply(
    matrix(
      factors.rows,
      k,
      factors.data.map((value) => (Number.isNaN(value) ? 0 : value)),
    ),
    loadings,
    { transposeB: true },
  );
  let errors = 0;
  let squares = 0;
  returns.data.forEach((value, cell) => {
    if (Number.isNaN(value) || !estimated[Math.floor(cell / returns.columns)]) return;
    errors += (value - fitted.data[cell]) ** 2;
    squares += value * value;
  });
  const explained = eigenvalues.reduce((sum, value) => sum + value, 0);
  return { explainedVarianceRatio: explained / totalVariance, totalR2: 1 - errors / squares };
}
