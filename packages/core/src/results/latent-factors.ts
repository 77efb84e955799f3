import type { PanelIndex } from '../batches/panel-index.ts';
import { returnTiming, type ReturnTiming } from '../batches/return-timing.ts';
import { DataError, ShapeError } from '../errors.ts';
import { frozenNames, requireLength } from '../validation.ts';

/**
 * What a latent factor model says of a batch: exposures, and the factor returns realised on its dates.
 *
 * `r_{i,t+1} = alpha_{i,t} + beta_{i,t}' f_{t+1} + e`. Row t of `factorReturns` is earned *after* date t, like the
 * batch's returns.
 */
export class LatentFactorState {
  readonly index: PanelIndex;
  readonly nFactors: number;
  /**
   * M, the members of an ensemble that the factors come from, as blocks of K / M columns. Members estimate the same factors, each in
   * coordinates of its own: columns of two of them are nearly collinear, and are never to be inverted together.
   */
  readonly nMembers: number;
  /** 'row': one exposure vector per panel row (R x K). 'asset': static loadings, one per asset (N x K). */
  readonly betaLayout: 'row' | 'asset';
  /** (R x K) or (N x K), row-major; NaN where the model cannot say. */
  readonly betas: Float64Array;
  /** (R) or (N), as `betaLayout` says, in models with an intercept. */
  readonly alphas: Float64Array | undefined;
  /** (T x K), row-major; NaN on dates whose returns are not known. */
  readonly factorReturns: Float64Array;
  /** (K) */
  readonly factorNames: readonly string[];
  /** Which checkpoint of the model this came from; undefined for models without checkpoints. */
  readonly checkpoint: string | undefined;
  /** Of the returns that the factors are made of: what a forecaster may use when. Undefined where nothing was said. */
  readonly timing: ReturnTiming | undefined;

  constructor(init: {
    readonly index: PanelIndex;
    readonly nFactors: number;
    /** 1 where absent. */
    readonly nMembers?: number | undefined;
    readonly betaLayout: 'row' | 'asset';
    readonly betas: Float64Array;
    readonly alphas?: Float64Array | undefined;
    readonly factorReturns: Float64Array;
    readonly factorNames?: readonly string[];
    readonly checkpoint?: string | undefined;
    /** The batch that the state is of, or its timing. */
    readonly timing?: ReturnTiming | undefined;
  }) {
    const units = init.betaLayout === 'row' ? init.index.nRows : init.index.nAssets;
    requireLength('betas', init.betas, units * init.nFactors, `${init.betaLayout}s x factors`);
    if (init.alphas) requireLength('alphas', init.alphas, units, `one per ${init.betaLayout}`);
    requireLength('factorReturns', init.factorReturns, init.index.nDates * init.nFactors, 'dates x factors');
    const { nMembers = 1 } = init;
    if (!Number.isInteger(nMembers) || nMembers < 1 || init.nFactors % nMembers !== 0)
      throw new ShapeError({
        field: 'nMembers',
        expected: `a divisor of the ${init.nFactors} factors`,
        found: String(nMembers),
        remedy: 'Pass the number of members whose factors stand side by side.',
      });
    this.index = init.index;
    this.nFactors = init.nFactors;
    this.nMembers = nMembers;
    this.betaLayout = init.betaLayout;
    this.betas = init.betas;
    this.alphas = init.alphas;
    this.factorReturns = init.factorReturns;
    const numbered = Array.from({ length: init.nFactors }, (_, k) => `factor${k + 1}`);
    this.factorNames = frozenNames('factorNames', init.factorNames ?? numbered);
    requireLength('factorNames', this.factorNames, init.nFactors, 'one per factor');
    this.checkpoint = init.checkpoint;
    this.timing = init.timing && Object.freeze(returnTiming(init.timing));
    Object.freeze(this);
  }

  /** Where the exposures (and the alpha) of a panel row start: multiply by nFactors for `betas`. */
  unitOfRow(row: number): number {
    return this.betaLayout === 'row' ? row : this.index.assetIndex[row];
  }

  /** Exposures of one panel row (K). */
  betasOfRow(row: number): Float64Array {
    const first = this.unitOfRow(row) * this.nFactors;
    return this.betas.subarray(first, first + this.nFactors);
  }

  /** alpha + beta' f with the factor returns realised on each date (R): the fit, not a forecast. */
  fittedReturns(): Float64Array {
    return combineBetas(this, this.factorReturns);
  }
}

/** alpha_row + beta_row' values_t for every row (R), with values (T x K); NaN wherever an ingredient is. */
export function combineBetas(state: LatentFactorState, values: Float64Array): Float64Array {
  const { index, nFactors, betas, alphas } = state;
  requireLength('values', values, index.nDates * nFactors, 'dates x factors');
  const out = new Float64Array(index.nRows);
  for (let t = 0; t < index.nDates; t++)
    for (let row = index.rowOffsets[t]; row < index.rowOffsets[t + 1]; row++) {
      const unit = state.unitOfRow(row);
      let sum = alphas ? alphas[unit] : 0;
      for (let k = 0; k < nFactors; k++) sum += betas[unit * nFactors + k] * values[t * nFactors + k];
      out[row] = sum;
    }
  return out;
}

/** Ex-ante factor premia: row t is what was expected, on date t, of the factor returns earned after it. */
export class FactorForecastResult {
  /** (T) */
  readonly timestamps: Float64Array;
  readonly factorNames: readonly string[];
  /** (T x K), row-major; NaN where no history was available yet. */
  readonly premia: Float64Array;
  /** (T x K): standard error of each premium; undefined when the forecaster gives none. */
  readonly standardErrors: Float64Array | undefined;
  /** (T x K): of the t distribution that a premium over its standard error has; undefined when the forecaster does not say. */
  readonly degreesOfFreedom: Float64Array | undefined;
  readonly checkpoint: string | undefined;

  constructor(init: {
    readonly timestamps: Float64Array;
    readonly factorNames: readonly string[];
    readonly premia: Float64Array;
    readonly standardErrors?: Float64Array | undefined;
    readonly degreesOfFreedom?: Float64Array | undefined;
    readonly checkpoint?: string | undefined;
  }) {
    requireLength('premia', init.premia, init.timestamps.length * init.factorNames.length, 'dates x factors');
    this.timestamps = init.timestamps;
    this.factorNames = frozenNames('factorNames', init.factorNames);
    this.premia = init.premia;
    this.standardErrors = init.standardErrors;
    this.degreesOfFreedom = init.degreesOfFreedom;
    this.checkpoint = init.checkpoint;
    Object.freeze(this);
  }

  get nFactors(): number {
    return this.factorNames.length;
  }
}

/** Expected returns per panel row (R): for the period after the row's date, from what was known on it. */
export class AssetForecastResult {
  readonly index: PanelIndex;
  /** (R); NaN where the model cannot say. */
  readonly expectedReturns: Float64Array;
  readonly checkpoint: string | undefined;

  constructor(init: {
    readonly index: PanelIndex;
    readonly expectedReturns: Float64Array;
    readonly checkpoint?: string | undefined;
  }) {
    requireLength('expectedReturns', init.expectedReturns, init.index.nRows, 'one per panel row');
    this.index = init.index;
    this.expectedReturns = init.expectedReturns;
    this.checkpoint = init.checkpoint;
    Object.freeze(this);
  }
}

/** What a forecast pipeline returns: the structure, the premia and the forecast, all of one checkpoint. */
export class LatentFactorPrediction {
  readonly state: LatentFactorState;
  readonly factorForecast: FactorForecastResult;
  readonly assetForecast: AssetForecastResult;
  /** Factor returns of the training dates in the coordinates of `state` (T_train x K), where the pipeline has them. */
  readonly trainingFactorReturns: Float64Array | undefined;

  constructor(
    state: LatentFactorState,
    factorForecast: FactorForecastResult,
    assetForecast: AssetForecastResult,
    trainingFactorReturns?: Float64Array,
  ) {
    if (trainingFactorReturns && trainingFactorReturns.length % state.nFactors !== 0)
      throw new ShapeError({
        field: 'trainingFactorReturns',
        expected: `dates x ${state.nFactors} factors`,
        found: `${trainingFactorReturns.length} entries`,
        remedy: 'Pass the factor returns of the training state.',
      });
    if (state.checkpoint !== factorForecast.checkpoint)
      throw new DataError({
        field: 'factorForecast.checkpoint',
        expected: `premia estimated on checkpoint ${state.checkpoint ?? '(none)'}`,
        found: factorForecast.checkpoint ?? '(none)',
        remedy:
          'Fit the forecaster on the state extracted at the same checkpoint: coordinates differ between checkpoints.',
      });
    this.state = state;
    this.factorForecast = factorForecast;
    this.assetForecast = assetForecast;
    this.trainingFactorReturns = trainingFactorReturns;
    Object.freeze(this);
  }
}
