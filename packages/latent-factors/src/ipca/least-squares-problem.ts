import { NotIdentifiedError } from '@ml4t/core';
import { matrix, type Matrix } from '@ml4t/core/linalg';
import { heapBlock, transposed, type HeapMatrix, type LinalgKernels, type Region } from '@ml4t/core/linalg/kernels';
import { triangle, type SufficientStatistics } from './sufficient-statistics.ts';

/** Returns of M factors that are given rather than estimated; for a model with an intercept the last one is 1. */
export interface GivenFactors {
  /** M */
  readonly count: number;
  /** (T x M), row-major; finite on every date that takes part. */
  readonly values: Float64Array;
}

/** What of a panel and a configuration makes the problem. */
export interface ProblemSettings {
  /** K */
  readonly nFactors: number;
  readonly given: GivenFactors;
  /** Relative to the mean of the diagonal of each date's factor regression. */
  readonly factorRidge: number;
  /** Relative to the mean of the diagonal of the Gamma regression, of the latent factors together and of each given one. */
  readonly gammaRidge: number;
  /** Fewest rows with which a date takes part. */
  readonly minimumRows: number;
  /** Unit of each instrument (L): the problem is that of the instruments divided by it. */
  readonly scales: Float64Array;
}

/**
 * The least-squares problem `min sum_t | r_t - Z_t (Gamma_beta f_t + Gamma_delta g_t) |^2` in the kernel heap, with its two
 * alternating regressions. Gamma = [Gamma_beta, Gamma_delta] is L x (K + M); f are estimated, g are given. Instruments are in the
 * units of `scales`, and so is Gamma: the statistics are divided by them as they are copied to the heap.
 *
 * Sums over dates are matrix products: the upper triangles of all Z'Z_t are the rows of one T x L(L+1)/2 matrix, which
 * meets the symmetrised products of Gamma's entries on one side and the products of the factors on the other.
 */
export class LeastSquaresProblem {
  readonly nDates: number;
  readonly nInstruments: number;
  /** K */
  readonly nLatent: number;
  /** K + M */
  readonly nColumns: number;
  /** Dates that take part: 1 where at least `minimumRows` rows are usable. */
  readonly included: Uint8Array;
  /** sum of squared returns over the dates that take part. */
  readonly squaredReturns: number;
  readonly #kernels: LinalgKernels;
  readonly #given: GivenFactors;
  readonly #settings: ProblemSettings;
  readonly #names: readonly string[];
  readonly #crossProducts: HeapMatrix;
  readonly #instrumentReturns: HeapMatrix;
  readonly #gamma: HeapMatrix;
  readonly #gammaProducts: HeapMatrix;
  readonly #projected: HeapMatrix;
  readonly #projectedReturns: HeapMatrix;
  readonly #systems: number;
  readonly #latent: number;
  readonly #flags: number;
  readonly #factors: HeapMatrix;
  readonly #factorProducts: HeapMatrix;
  readonly #weighted: HeapMatrix;
  readonly #normal: HeapMatrix;
  readonly #right: HeapMatrix;

  constructor(kernels: LinalgKernels, region: Region, statistics: SufficientStatistics, settings: ProblemSettings) {
    const { nDates, nInstruments: n, counts } = statistics;
    const { nFactors: nLatent, given, minimumRows, scales } = settings;
    const columns = nLatent + given.count;
    const width = triangle(n);
    this.nDates = nDates;
    this.nInstruments = n;
    this.nLatent = nLatent;
    this.nColumns = columns;
    this.included = Uint8Array.from(counts, (count) => (count >= minimumRows ? 1 : 0));
    this.squaredReturns = statistics.squaredReturns.reduce((sum, x, t) => (this.included[t] === 1 ? sum + x : sum), 0);
    this.#kernels = kernels;
    this.#given = given;
    this.#settings = settings;
    this.#names = statistics.instrumentNames;
    this.#crossProducts = region.matrix(nDates, width);
    this.#instrumentReturns = region.matrix(nDates, n);
    this.#gamma = region.matrix(n, columns);
    this.#gammaProducts = region.matrix(width, triangle(columns));
    this.#projected = region.matrix(nDates, triangle(columns));
    this.#projectedReturns = region.matrix(nDates, columns);
    this.#systems = region.float64(nDates * nLatent * nLatent);
    this.#latent = region.float64(nDates * nLatent);
    this.#flags = region.float64(nDates);
    this.#factors = region.matrix(nDates, columns);
    this.#factorProducts = region.matrix(nDates, triangle(columns));
    this.#weighted = region.matrix(width, triangle(columns));
    this.#normal = region.matrix(n * columns, n * columns);
    this.#right = region.matrix(n, columns);
    const perUnit = new Float64Array(width);
    for (let i = 0, at = 0; i < n; i++) for (let j = i; j < n; j++) perUnit[at++] = 1 / (scales[i] * scales[j]);
    const crossProducts = kernels.view(this.#crossProducts);
    for (let t = 0, at = 0; t < nDates; t++)
      for (let cell = 0; cell < width; cell++, at++) crossProducts[at] = statistics.crossProducts[at] * perUnit[cell];
    this.setInstrumentReturns(statistics.instrumentReturns);
  }

  /** Replaces Z'r of every date (T x L, in the user's units): what a bootstrap draw changes. */
  setInstrumentReturns(instrumentReturns: Float64Array): void {
    const { scales } = this.#settings;
    const scaled = this.#kernels.view(this.#instrumentReturns);
    for (let at = 0; at < scaled.length; at++) scaled[at] = instrumentReturns[at] / scales[at % scales.length];
  }

  /**
   * Estimates every date's factors for this Gamma, `f_t = (Gb'W_t Gb)^-1 Gb'(Z'r_t - W_t Gd g_t)`, and keeps them.
   * Returns the sum of squared returns that the fit explains. Throws NotIdentifiedError on a singular date.
   */
  factorStep(gamma: Matrix): number {
    const kernels = this.#kernels;
    const { nDates, nLatent: k, nColumns: c, included } = this;
    const m = this.#given.count;
    kernels.view(this.#gamma).set(gamma.data);
    this.#formGammaProducts(gamma.data);
    kernels.gemm(this.#crossProducts, this.#gammaProducts, this.#projected);
    kernels.gemm(this.#instrumentReturns, this.#gamma, this.#projectedReturns);
    const projected = kernels.view(this.#projected);
    const projectedReturns = kernels.view(this.#projectedReturns);
    const systems = kernels.float64(this.#systems, nDates * k * k);
    const latent = kernels.float64(this.#latent, nDates * k);
    const given = this.#given.values;
    for (let t = 0; t < nDates; t++) {
      const system = systems.subarray(t * k * k, (t + 1) * k * k);
      const right = latent.subarray(t * k, (t + 1) * k);
      if (included[t] === 0) {
        // An identity in place of a system without a solution: its factors are zero and weigh nothing.
        system.fill(0);
        for (let p = 0; p < k; p++) system[p * k + p] = 1;
        right.fill(0);
        continue;
      }
      let trace = 0;
      let at = t * triangle(c);
      for (let p = 0; p < k; p++) {
        right[p] = projectedReturns[t * c + p];
        for (let q = p; q < c; q++) {
          const value = projected[at++];
          if (q >= k) right[p] -= value * given[t * m + q - k];
          else system[q * k + p] = value;
        }
        trace += system[p * k + p];
      }
      for (let p = 0; p < k; p++) system[p * k + p] += (this.#settings.factorRidge * trace) / k;
    }
    if (k > 0) this.#solveFactors();
    return this.#collectFactors();
  }

  /** The Gamma that is best for the factors at hand (L x (K + M)), as the regression gives it. */
  gammaStep(): Matrix {
    const kernels = this.#kernels;
    const { nInstruments: n, nColumns: c } = this;
    this.#formNormalEquations();
    const size = n * c;
    const normal = kernels.view(this.#normal);
    this.#addGammaRidge(normal);
    const outcome = kernels.potrf(this.#normal, 1e-14);
    if (!outcome.ok)
      throw new NotIdentifiedError({
        field: 'characteristics',
        expected: 'linearly independent instruments',
        found: `instrument ${Math.floor(outcome.pivot / c)} (${this.#names[Math.floor(outcome.pivot / c)]}) to be a combination of those before it`,
        remedy: 'Drop it, leave the constant out if dummies already sum to one, or raise gammaRidge.',
      });
    kernels.potrs(this.#normal, { ...this.#right, rows: size, columns: 1, rowStride: 1 });
    return matrix(n, c, kernels.view(this.#right).slice());
  }

  /** The normal equations of the Gamma regression, `sum_t W_t (x) f_t f_t'` (lower triangle) and `sum_t Z'r_t f_t'`. */
  normalEquations(): { readonly normal: Float64Array; readonly right: Float64Array } {
    this.#formNormalEquations();
    return { normal: this.#kernels.view(this.#normal), right: this.#kernels.view(this.#right) };
  }

  /** [f, g] of every date (T x (K + M)); NaN on dates that take no part. */
  factors(): Matrix {
    const { nDates, nColumns: c, included } = this;
    const data = this.#kernels.view(this.#factors).slice();
    for (let t = 0; t < nDates; t++) if (included[t] === 0) data.fill(Number.NaN, t * c, (t + 1) * c);
    return matrix(nDates, c, data);
  }

  /**
   * A ridge in units of the factors: latent ones share theirs, so that it does not depend on their rotation; a given factor, the
   * constant of an intercept too, has its own, so that its unit says nothing about the others.
   */
  #addGammaRidge(normal: Float64Array): void {
    const { nInstruments: n, nColumns: c, nLatent: k } = this;
    const size = n * c;
    const traces = new Float64Array(c);
    for (let i = 0; i < size; i++) traces[i % c] += normal[i * size + i];
    const latent = traces.subarray(0, k).reduce((sum, value) => sum + value, 0) / Math.max(k, 1);
    for (let i = 0; i < size; i++)
      normal[i * size + i] += (this.#settings.gammaRidge * (i % c < k ? latent : traces[i % c])) / n;
  }

  #formGammaProducts(gamma: Float64Array): void {
    const { nInstruments: n, nColumns: c } = this;
    const products = this.#kernels.view(this.#gammaProducts);
    let at = 0;
    for (let i = 0; i < n; i++)
      for (let j = i; j < n; j++)
        for (let p = 0; p < c; p++)
          for (let q = p; q < c; q++) {
            const straight = gamma[i * c + p] * gamma[j * c + q];
            products[at++] = i === j ? straight : straight + gamma[j * c + p] * gamma[i * c + q];
          }
  }

  #solveFactors(): void {
    const failures = this.#kernels.solveBatch({
      count: this.nDates,
      size: this.nLatent,
      columns: 1,
      a: this.#systems,
      b: this.#latent,
      flags: this.#flags,
      tolerance: 1e-14,
    });
    if (failures === 0) return;
    const date = this.#kernels.float64(this.#flags, this.nDates).findIndex((flag) => flag !== 0);
    throw new NotIdentifiedError({
      field: 'factorRidge',
      expected: `${this.nLatent} factors that every date's rows can tell apart`,
      found: `a singular factor regression on date ${date}${failures > 1 ? ` and ${failures - 1} more` : ''}`,
      remedy: 'Lower nFactors, raise factorRidge, or drop dates with few distinct rows.',
    });
  }

  /** Puts f and g side by side and returns the explained sum of squares, `2 b'f - f'A f` over both. */
  #collectFactors(): number {
    const kernels = this.#kernels;
    const { nDates, nLatent: k, nColumns: c, included } = this;
    const m = this.#given.count;
    const factors = kernels.view(this.#factors);
    const latent = kernels.float64(this.#latent, nDates * k);
    const projected = kernels.view(this.#projected);
    const projectedReturns = kernels.view(this.#projectedReturns);
    let explained = 0;
    for (let t = 0; t < nDates; t++) {
      const f = factors.subarray(t * c, (t + 1) * c);
      for (let p = 0; p < c; p++)
        f[p] = included[t] === 0 ? 0 : p < k ? latent[t * k + p] : this.#given.values[t * m + p - k];
      let at = t * triangle(c);
      for (let p = 0; p < c; p++)
        for (let q = p; q < c; q++) explained -= (q === p ? 1 : 2) * f[p] * f[q] * projected[at++];
      for (let p = 0; p < c; p++) explained += 2 * f[p] * projectedReturns[t * c + p];
    }
    return explained;
  }

  #formNormalEquations(): void {
    const kernels = this.#kernels;
    const { nDates, nInstruments: n, nColumns: c } = this;
    const factors = kernels.view(this.#factors);
    const products = kernels.view(this.#factorProducts);
    let at = 0;
    for (let t = 0; t < nDates; t++)
      for (let p = 0; p < c; p++) for (let q = p; q < c; q++) products[at++] = factors[t * c + p] * factors[t * c + q];
    kernels.gemm(transposed(this.#crossProducts), this.#factorProducts, this.#weighted);
    kernels.gemm(transposed(this.#instrumentReturns), this.#factors, this.#right);
    const size = n * c;
    const normal = kernels.view(heapBlock(this.#normal, 0, 0, size, size));
    const weighted = kernels.view(this.#weighted);
    at = 0;
    for (let j = 0; j < n; j++)
      for (let i = j; i < n; i++)
        for (let p = 0; p < c; p++)
          for (let q = p; q < c; q++) {
            // Lower triangle only: rows (i, .) and columns (j, .) with i >= j, in both orders of (p, q).
            const value = weighted[at++];
            normal[(i * c + p) * size + j * c + q] = value;
            normal[(i * c + q) * size + j * c + p] = value;
          }
  }
}
