import {
  ArtifactError,
  LatentFactorState,
  type CrossSectionBatch,
  type ExtractOptions,
  type FitOptions,
  type FitSummary,
  type LatentFactorModel,
} from '@ml4t/core';
import {
  ClosedFormModel,
  requirePredictArguments,
  requireSameColumns,
  throwIfAborted,
  type Estimation,
} from '@ml4t/core/authoring';
import { matrix, type Matrix } from '@ml4t/core/linalg';
import {
  artifactArray,
  loadArtifact,
  readState,
  readSummary,
  type ArtifactContent,
  type ArtifactSource,
} from '@ml4t/core/persist';
import * as z from 'zod';
import { minimumRows } from '../minimum-rows.ts';
import { packageVersion } from '../version.ts';
import { estimateIPCA } from './alternating-least-squares.ts';
import { parseIPCAConfig, type IPCAConfig, type IPCAConfigInput } from './config.ts';
import { columns, inScaledCoordinates, sideBySide } from './coordinates.ts';
import { exposures, latentFactorReturns } from './extract.ts';
import type { IPCAMetrics } from './fit-metrics.ts';
import { ipcaReport } from './fit-report.ts';
import { givenFactors, type FactorReturnSeries } from './given-factors.ts';
import type { GivenFactors } from './least-squares-problem.ts';
import {
  requireEnoughInstruments,
  requireSameFactors,
  requireSomeFactor,
  requireStartingGamma,
  requireUsableDates,
} from './requirements.ts';
import {
  streamedStatistics,
  sufficientStatistics,
  weightedBy,
  type IPCAPhase,
  type SufficientStatistics,
} from './sufficient-statistics.ts';

const savedState = z.strictObject({
  instrumentNames: z.array(z.string()),
  preSpecifiedNames: z.array(z.string()),
  /** Absent in artifacts from before it was configurable. */
  estimation: z.strictObject({ minimumRows: z.int().min(1), scales: z.array(z.number().positive()) }).optional(),
});

export interface IPCAFitOptions extends FitOptions<CrossSectionBatch, IPCAPhase> {
  /** Observable factors that the latent ones come on top of; the betas on them are instrumented as well. */
  readonly preSpecifiedFactors?: FactorReturnSeries | undefined;
  /** Weight of each date in the fit (T), >= 0; overrides `weighting`. */
  readonly dateWeights?: Float64Array | undefined;
  /** Gamma (L x (K + M)), row-major, to start from. */
  readonly initialGamma?: Float64Array | undefined;
}

export interface IPCAExtractOptions extends ExtractOptions {
  /** Needed for the latent factor returns of a model that was fitted with pre-specified factors. */
  readonly preSpecifiedFactors?: FactorReturnSeries | undefined;
}

/** What a fit leaves behind. */
interface IPCAFit {
  readonly instrumentNames: readonly string[];
  readonly preSpecifiedNames: readonly string[];
  /** Fewest complete rows with which a date takes part. */
  readonly minimumRows: number;
  /** [Gamma_beta, Gamma_delta, Gamma_alpha] (L x C). */
  readonly gamma: Matrix;
  /** Unit of each instrument inside the estimation (L). */
  readonly scales: Float64Array;
  readonly summary: FitSummary<IPCAMetrics>;
}

/**
 * Instrumented principal component analysis: exposures are linear in characteristics known beforehand.
 *
 * `r_{i,t+1} = z_{i,t}'(Gamma_alpha + Gamma_beta f_{t+1} + Gamma_delta g_{t+1}) + e_{i,t+1}`, z = (1, characteristics), f latent, g
 * pre-specified; Gamma_alpha with `intercept` only. Gamma and f minimise the sum of squared errors over all rows whose
 * characteristics and return are finite, on dates with at least `minimumRows` of them, and are identified by
 * `Gamma_beta' D Gamma_beta = I`, `F'F` diagonal and descending, factor means non-negative, Gamma_alpha and Gamma_delta orthogonal to
 * Gamma_beta in the same D: the diagonal matrix of the instruments' mean squares (`normalization: 'instruments'`: Gamma is
 * orthonormal for instruments of root mean square one, and nothing depends on their units), or I (`'gamma'`, as in the paper).
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
export class IPCAModel
  extends ClosedFormModel<CrossSectionBatch, IPCAFit, IPCAPhase>
  implements LatentFactorModel<CrossSectionBatch>
{
  readonly modelType = 'ipca';
  readonly config: IPCAConfig;
  protected readonly packageVersion = packageVersion();
  protected override readonly batchKind = 'cross-section';
  protected override readonly ownFitOptions = ['preSpecifiedFactors', 'dateWeights', 'initialGamma'];

  /** Throws ConfigError when a field is unknown or out of range. */
  constructor(config: IPCAConfigInput = {}) {
    super();
    this.config = parseIPCAConfig(config);
  }

  /**
   * Gamma (L x C), row-major; rows as in {@link instrumentNames}. Columns: latent factors, pre-specified factors, and
   * Gamma_alpha last where there is an intercept.
   */
  get gamma(): Float64Array {
    return this.requireFit('gamma').gamma.data.slice();
  }
  /** Gamma_alpha (L); undefined without an intercept. */
  get gammaAlpha(): Float64Array | undefined {
    const { gamma } = this.requireFit('gammaAlpha');
    return this.config.intercept ? columns(gamma, gamma.columns - 1, gamma.columns).data : undefined;
  }
  /** Names of the rows of Gamma (L): 'constant' first where there is one. */
  get instrumentNames(): readonly string[] {
    return this.requireFit('instrumentNames').instrumentNames;
  }
  /** Names of the factors: latent ones, then pre-specified ones. */
  get factorNames(): readonly string[] {
    const latent = Array.from({ length: this.config.nFactors }, (_, k) => `factor${k + 1}`);
    return [...latent, ...this.requireFit('factorNames').preSpecifiedNames];
  }

  /**
   * Estimates Gamma and the factors of the training dates. Dates with fewer usable rows than `minimumRows` take no part.
   * Throws DataError without returns, ConfigError when K exceeds the instruments, NotIdentifiedError when the data cannot
   * tell the factors apart, AbortedError; in every case an earlier fit stays.
   */
  override fit(batch: CrossSectionBatch, options: IPCAFitOptions = {}): Promise<FitSummary<IPCAMetrics>> {
    return super.fit(batch, options);
  }

  protected async estimate(batch: CrossSectionBatch, options: IPCAFitOptions): Promise<Estimation<IPCAFit>> {
    const { constant, nFactors } = this.config;
    requireEnoughInstruments(batch.nCharacteristics + (constant ? 1 : 0), nFactors);
    return this.#estimateFrom(await sufficientStatistics(batch, constant, options), options);
  }

  /** The same fit of a panel that arrives in parts, in date order: memory does not grow with the assets or the parts. */
  async fitStream(
    parts: AsyncIterable<CrossSectionBatch> | Iterable<CrossSectionBatch>,
    options: IPCAFitOptions = {},
  ): Promise<FitSummary<IPCAMetrics>> {
    const started = performance.now();
    const statistics = await streamedStatistics(parts, this.config.constant, options);
    return this.keep(await this.#estimateFrom(statistics, options), started);
  }

  /**
   * The same fit from sufficient statistics: collected once for many fits, or made from managed portfolios. They are
   * taken as they are: `constant` adds nothing to them here.
   */
  async fitStatistics(
    statistics: SufficientStatistics,
    options: Omit<IPCAFitOptions, 'validation'> = {},
  ): Promise<FitSummary<IPCAMetrics>> {
    const started = performance.now();
    return this.keep(await this.#estimateFrom(statistics, options), started);
  }

  async #estimateFrom(
    statistics: SufficientStatistics,
    options: Omit<IPCAFitOptions, 'validation'>,
  ): Promise<Estimation<IPCAFit>> {
    const { config } = this;
    const { nFactors: k } = config;
    throwIfAborted(options.signal, 'IPCAModel.fit');
    requireEnoughInstruments(statistics.nInstruments, k);
    const rows = config.minimumRows ?? minimumRows(k, statistics.counts);
    requireUsableDates(statistics, k, rows);
    const given = givenFactors(options.preSpecifiedFactors, statistics.timestamps, config.intercept, true);
    requireSomeFactor(k + given.count);
    const weighted = weightedBy(statistics, config.weighting, options.dateWeights);
    const estimate = await estimateIPCA(weighted, { ...config, minimumRows: rows }, given, {
      ...options,
      initialGamma: this.#startingPoint(statistics, k + given.count, options.initialGamma),
    });
    const preSpecifiedNames = [...(options.preSpecifiedFactors?.names ?? [])];
    const { gamma, scales } = estimate;
    return {
      fit: { instrumentNames: [...statistics.instrumentNames], preSpecifiedNames, minimumRows: rows, gamma, scales },
      report: ipcaReport({ statistics, estimate, minimumRows: rows, config, preSpecifiedNames }),
    };
  }

  /**
   * Exposures `z'Gamma` for every row (NaN where a characteristic is missing) and, for every date with at least
   * `minimumRows` rows (as the fit resolved it) whose return is known, the latent factor returns by regression of the returns on the exposures. Pre-specified
   * factors follow the latent ones; alphas where there is an intercept.
   * Throws NotFittedError; DataError when the characteristics are not those of the fit.
   */
  async extract(batch: CrossSectionBatch, options: IPCAExtractOptions = {}): Promise<LatentFactorState> {
    const fit = this.requireFit('extract');
    requirePredictArguments(batch, options, {
      operation: 'IPCAModel.extract',
      kind: 'cross-section',
      own: ['preSpecifiedFactors'],
    });
    const { constant, intercept, nFactors: k } = this.config;
    const expected = constant ? fit.instrumentNames.slice(1) : fit.instrumentNames;
    requireSameColumns('characteristicNames', batch.characteristicNames, expected);
    requireSameFactors(options.preSpecifiedFactors?.names, fit.preSpecifiedNames);
    const all = exposures(batch, fit.gamma, constant);
    const m = fit.preSpecifiedNames.length;
    const series = options.preSpecifiedFactors ?? unknownSeries(fit.preSpecifiedNames);
    const given = givenFactors(series, batch.timestamps, intercept, false);
    const latent = this.#latentReturns(fit, batch, all, given);
    const withAlpha = matrix(Math.max(batch.nRows, 1), fit.gamma.columns, batch.nRows > 0 ? all : undefined);
    const observed = m === 0 ? undefined : columns(matrix(batch.nDates, given.count, given.values), 0, m);
    const factors = k === 0 ? observed : sideBySide(matrix(batch.nDates, k, latent), observed);
    return new LatentFactorState({
      index: batch.index,
      timing: batch,
      nFactors: k + m,
      betaLayout: 'row',
      betas: intercept ? columns(withAlpha, 0, k + m).data : all,
      ...(intercept ? { alphas: columns(withAlpha, k + m, k + m + 1).data } : {}),
      factorReturns: factors?.data ?? new Float64Array(0),
      factorNames: this.factorNames,
    });
  }

  protected contentOf(fit: IPCAFit): Pick<ArtifactContent, 'state' | 'arrays'> {
    const { gamma, instrumentNames, preSpecifiedNames, minimumRows: rows, scales } = fit;
    return {
      state: { instrumentNames, preSpecifiedNames, estimation: { minimumRows: rows, scales: [...scales] } },
      arrays: { gamma: { shape: [gamma.rows, gamma.columns], data: gamma.data } },
    };
  }

  /** Reads an artifact that `save` wrote. Throws ArtifactError when it is missing, damaged or of another model. */
  static async load(source: ArtifactSource): Promise<IPCAModel> {
    const artifact = await loadArtifact(source, { modelType: 'ipca', arrays: ['gamma'] });
    const { instrumentNames, preSpecifiedNames, estimation } = readState(artifact, savedState);
    // Before there was a choice, Gamma was orthonormal in the units of the characteristics, and K rows made a date.
    const earlier: IPCAConfigInput = estimation ? {} : { normalization: 'gamma' };
    const model = new IPCAModel({ ...earlier, ...(artifact.config as IPCAConfigInput) });
    const { nFactors, intercept } = model.config;
    const n = instrumentNames.length;
    const shape = [n, nFactors + preSpecifiedNames.length + (intercept ? 1 : 0)] as const;
    const { minimumRows: rows, scales } = estimation ?? {
      minimumRows: Math.max(nFactors, 1),
      scales: new Array<number>(n).fill(1),
    };
    if (scales.length !== n)
      throw new ArtifactError({
        field: `${artifact.path}: state.estimation.scales`,
        expected: `${n} numbers, one per instrument`,
        found: String(scales.length),
        remedy: 'Restore the file from a copy, or save the model again.',
      });
    model.restore({
      instrumentNames,
      preSpecifiedNames,
      minimumRows: rows,
      gamma: matrix(...shape, artifactArray(artifact, 'gamma', 'F64', shape)),
      scales: Float64Array.from(scales),
      summary: readSummary(artifact) as FitSummary<IPCAMetrics>,
    });
    return model;
  }

  /** Latent factor returns of every date (T x K), by regressions on exposures whose ridge does not know the user's units. */
  #latentReturns(fit: IPCAFit, batch: CrossSectionBatch, betas: Float64Array, given: GivenFactors): Float64Array {
    const { constant, nFactors: k, factorRidge, normalization } = this.config;
    const settings = { factorRidge, minimumRows: fit.minimumRows };
    if (normalization === 'instruments' || k === 0) return latentFactorReturns(batch, betas, k, given, settings);
    const { gamma, turn } = inScaledCoordinates(fit.gamma, fit.scales, k);
    const scaled = latentFactorReturns(batch, exposures(batch, gamma, constant), k, given, settings);
    return turn(scaled);
  }

  /** The Gamma to start from: the caller's, or with `warmStart` that of the fit before when it has the same shape. */
  #startingPoint(statistics: SufficientStatistics, width: number, given?: Float64Array): Matrix | undefined {
    const n = statistics.nInstruments;
    if (given) requireStartingGamma(given, n, width);
    if (given) return matrix(n, width, given);
    const before = this.config.warmStart ? this.earlierFit()?.gamma : undefined;
    return before?.rows === n && before.columns === width ? before : undefined;
  }
}

/** A series without dates, for a model whose pre-specified factors are not at hand: their returns are NaN. */
function unknownSeries(names: readonly string[]): FactorReturnSeries {
  return { names, timestamps: new Float64Array(0), values: new Float64Array(0) };
}
