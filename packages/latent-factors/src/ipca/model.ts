import {
  ConfigError,
  LatentFactorState,
  NotFittedError,
  NotIdentifiedError,
  DataError,
  throwIfAborted,
  type CrossSectionBatch,
  type ExtractOptions,
  type FitOptions,
  type FitSummary,
  type LatentFactorModel,
} from '@ml4t/core';
import { linalgBackend, linalgKernels, matrix, type Matrix } from '@ml4t/core/linalg';
import { artifactArray, loadArtifact, saveArtifact } from '@ml4t/core/persist';
import * as z from 'zod';
import { identifyFactors } from '../identification.ts';
import { readState } from '../saved-state.ts';
import { packageVersion } from '../version.ts';
import { alternatingLeastSquares } from './alternating-least-squares.ts';
import { parseIPCAConfig, type IPCAConfig, type IPCAConfigInput } from './config.ts';
import { ipcaFitMetrics } from './fit-metrics.ts';
import { sufficientStatistics } from './sufficient-statistics.ts';

const savedState = z.strictObject({ characteristicNames: z.array(z.string()) });

/** What a fit leaves behind. */
interface IPCAFit {
  readonly characteristicNames: readonly string[];
  readonly gamma: Matrix;
  readonly summary: FitSummary;
}

/**
 * Instrumented principal component analysis: exposures are linear in characteristics known beforehand.
 *
 * `r_{i,t+1} = z_{i,t}' Gamma f_{t+1} + e_{i,t+1}`, z = (1, characteristics). Gamma (L x K) and the factors minimise the
 * sum of squared errors over all rows whose characteristics and return are finite; they are identified by
 * `Gamma'Gamma = I`, `F'F` diagonal and descending, factor means non-negative.
 *
 * The panel is read once, into per-date moments, and never copied: a fit costs one symmetric product per date, and
 * iterations whose price does not depend on the number of assets.
 *
 * Source: Kelly, Pruitt and Su (2019), "Characteristics are covariances", Journal of Financial Economics 134.
 *
 * @example
 * const model = new IPCAModel({ nFactors: 3 });
 * const summary = await model.fit(train);
 * const { betas, factorReturns } = await model.extract(test);
 */
export class IPCAModel implements LatentFactorModel<CrossSectionBatch> {
  readonly modelType = 'ipca';
  readonly config: IPCAConfig;
  #fit: IPCAFit | undefined;

  /** Throws ConfigError when a field is unknown or out of range. */
  constructor(config: IPCAConfigInput = {}) {
    this.config = parseIPCAConfig(config);
  }

  get isFitted(): boolean {
    return this.#fit !== undefined;
  }

  /** Gamma (L x K), row-major; rows as in {@link instrumentNames}. */
  get gamma(): Float64Array {
    return this.#requireFit('gamma').gamma.data.slice();
  }

  /** Names of the rows of Gamma (L): 'constant' first where there is one. */
  get instrumentNames(): readonly string[] {
    const { characteristicNames } = this.#requireFit('instrumentNames');
    return this.config.constant ? ['constant', ...characteristicNames] : characteristicNames;
  }

  get fitSummary(): FitSummary {
    return this.#requireFit('fitSummary').summary;
  }

  /**
   * Estimates Gamma and the factors of the training dates. Dates with fewer usable rows than factors take no part.
   * Throws DataError without returns, ConfigError when K exceeds the instruments, NotIdentifiedError when the data cannot
   * tell the factors apart, AbortedError; in every case an earlier fit stays.
   */
  async fit(batch: CrossSectionBatch, options: FitOptions<CrossSectionBatch> = {}): Promise<FitSummary> {
    const started = performance.now();
    const { config } = this;
    throwIfAborted(options.signal, 'IPCAModel.fit');
    const nInstruments = batch.nCharacteristics + (config.constant ? 1 : 0);
    if (config.nFactors > nInstruments)
      throw new ConfigError({
        field: 'IPCAConfig.nFactors',
        expected: `at most ${nInstruments}, the number of instruments`,
        found: String(config.nFactors),
        remedy: 'Lower nFactors or add characteristics.',
      });
    const statistics = await sufficientStatistics(batch, config.constant, options);
    const usable = statistics.counts.filter((count) => count >= config.nFactors).length;
    if (usable < config.nFactors)
      throw new NotIdentifiedError({
        field: 'batch',
        expected: `at least ${config.nFactors} dates with ${config.nFactors} or more complete rows`,
        found: `${usable} of ${batch.nDates} dates`,
        remedy: 'Impute missing characteristics, pass more dates, or lower nFactors.',
      });
    const result = await alternatingLeastSquares(statistics, { ...config, ...options });
    const { loadings: gamma, factors } = identifyFactors({ loadings: result.gamma, factors: result.factors });
    const nRows = statistics.counts.reduce((sum, count) => sum + count, 0);
    const notes: string[] = [];
    if (usable < batch.nDates)
      notes.push(`${batch.nDates - usable} dates have fewer complete rows than factors and took no part.`);
    if (nRows < batch.nRows)
      notes.push(`${batch.nRows - nRows} rows with a missing characteristic or return took no part.`);
    if (!result.converged)
      notes.push(
        `Not converged after ${result.iterations} iterations: the last moved Gamma by ${result.movement.toExponential(1)}, tol is ${config.tol}.`,
      );
    const stopReason = result.converged ? 'converged' : 'max-iterations';
    const summary: FitSummary = {
      converged: result.converged,
      stopReason,
      iterations: result.iterations,
      trainMetrics: ipcaFitMetrics(statistics, gamma, factors),
      history: result.history,
      notes,
      runRecord: {
        modelType: this.modelType,
        packageVersion: packageVersion(),
        config,
        engine: linalgBackend(),
        dimensions: {
          dates: batch.nDates,
          rows: batch.nRows,
          rowsUsed: nRows,
          assets: batch.nAssets,
          instruments: nInstruments,
        },
        stopReason,
        seconds: (performance.now() - started) / 1000,
      },
    };
    this.#fit = { characteristicNames: [...batch.characteristicNames], gamma, summary };
    return summary;
  }

  /**
   * Exposures `z'Gamma` for every row (NaN where a characteristic is missing) and, for every date with at least K rows
   * whose return is known, the factor returns by regression of the returns on the exposures.
   * Throws NotFittedError; DataError when the characteristics are not those of the fit.
   */
  async extract(batch: CrossSectionBatch, _options: ExtractOptions = {}): Promise<LatentFactorState> {
    const fit = this.#requireFit('extract');
    requireSameCharacteristics(batch, fit.characteristicNames);
    const betas = exposures(batch, fit.gamma, this.config.constant);
    return new LatentFactorState({
      index: batch.index,
      nFactors: this.config.nFactors,
      betaLayout: 'row',
      betas,
      factorReturns: factorRegressions(batch, betas, this.config.nFactors, this.config.factorRidge),
    });
  }

  /** Writes the configuration, Gamma and the fit summary as one artifact, atomically. */
  async save(path: string): Promise<void> {
    const fit = this.#requireFit('save');
    await saveArtifact(path, {
      modelType: this.modelType,
      formatVersion: 1,
      packageVersion: packageVersion(),
      config: this.config,
      state: { characteristicNames: fit.characteristicNames },
      record: fit.summary,
      arrays: { gamma: { shape: [fit.gamma.rows, fit.gamma.columns], data: fit.gamma.data } },
    });
  }

  /** Reads an artifact that `save` wrote. Throws ArtifactError when it is missing, damaged or of another model. */
  static async load(path: string): Promise<IPCAModel> {
    const artifact = await loadArtifact(path, { modelType: 'ipca', arrays: ['gamma'] });
    const model = new IPCAModel(artifact.config as IPCAConfigInput);
    const { characteristicNames } = readState(path, savedState, artifact.state);
    const shape = [characteristicNames.length + (model.config.constant ? 1 : 0), model.config.nFactors] as const;
    model.#fit = {
      characteristicNames,
      gamma: matrix(...shape, artifactArray(artifact, 'gamma', 'F64', shape)),
      summary: artifact.record as FitSummary,
    };
    return model;
  }

  #requireFit(operation: string): IPCAFit {
    if (!this.#fit) throw new NotFittedError('IPCAModel', operation);
    return this.#fit;
  }
}

function requireSameCharacteristics(batch: CrossSectionBatch, expected: readonly string[]): void {
  const found = batch.characteristicNames;
  if (found.length === expected.length && found.every((name, i) => name === expected[i])) return;
  const missing = expected.filter((name) => !found.includes(name));
  throw new DataError({
    field: 'characteristicNames',
    expected: `the characteristics of the fit in their order (${expected.join(', ')})`,
    found: missing.length > 0 ? `no ${missing.join(', ')}` : found.join(', '),
    remedy: 'Build the batch with the same columns in the same order.',
  });
}

/** z'Gamma for every row (R x K), in blocks so that the heap stays small. */
function exposures(batch: CrossSectionBatch, gamma: Matrix, constant: boolean): Float64Array {
  const kernels = linalgKernels();
  const { nRows, nCharacteristics: p, characteristics } = batch;
  const k = gamma.columns;
  const betas = new Float64Array(nRows * k);
  const block = 4096;
  kernels.withRegion((region) => {
    const slope = region.matrix(p, k);
    kernels.view(slope).set(gamma.data.subarray(constant ? k : 0));
    const z = region.matrix(Math.min(block, Math.max(nRows, 1)), p);
    const product = region.matrix(z.rows, k);
    for (let from = 0; from < nRows; from += block) {
      const rows = Math.min(block, nRows - from);
      kernels.view(z).set(characteristics.subarray(from * p, (from + rows) * p));
      kernels.gemm({ ...z, rows }, slope, { ...product, rows });
      betas.set(kernels.view({ ...product, rows }), from * k);
    }
  });
  if (constant) for (let i = 0; i < betas.length; i++) betas[i] += gamma.data[i % k];
  return betas;
}

/** Per date, the regression of returns on exposures over rows where both are finite (T x K); NaN with fewer than K rows. */
function factorRegressions(batch: CrossSectionBatch, betas: Float64Array, k: number, ridge: number): Float64Array {
  const { index, returns, nDates } = batch;
  const factors = new Float64Array(nDates * k).fill(Number.NaN);
  if (!returns) return factors;
  const kernels = linalgKernels();
  kernels.withRegion((region) => {
    const gram = region.matrix(k + 1, k + 1);
    const system = region.matrix(k, k);
    const solution = region.matrix(k, 1);
    for (let t = 0; t < nDates; t++) {
      const [from, to] = [index.rowOffsets[t], index.rowOffsets[t + 1]];
      if (to - from < k) continue;
      const used = kernels.augmentedGramOf(
        {
          rows: to - from,
          columns: k,
          characteristics: betas.subarray(from * k, to * k),
          returns: returns.subarray(from, to),
          constant: false,
        },
        gram,
      );
      if (used < k) continue;
      const moments = kernels.view(gram);
      const a = kernels.view(system);
      const b = kernels.view(solution);
      let trace = 0;
      for (let p = 0; p < k; p++) trace += moments[p * (k + 1) + p];
      for (let p = 0; p < k; p++) {
        for (let q = 0; q <= p; q++) a[p * k + q] = moments[q * (k + 1) + p];
        a[p * k + p] += (ridge * trace) / k;
        b[p] = moments[p * (k + 1) + k];
      }
      if (!kernels.potrf(system, 1e-14).ok) continue;
      kernels.potrs(system, solution);
      factors.set(b, t * k);
    }
  });
  return factors;
}
