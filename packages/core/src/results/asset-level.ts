import type { PanelIndex } from '../batches/panel-index.ts';
import { frozenNames, requireLength } from '../validation.ts';

/** A direct prediction per panel row, from a model that does not factorise returns. */
export class AssetSignalResult {
  readonly index: PanelIndex;
  /** (R x C), row-major, C = `signalNames.length`; NaN where the model cannot say. */
  readonly signals: Float64Array;
  readonly signalNames: readonly string[];
  /** What the numbers are: an expected return, a score with no unit, or a probability. */
  readonly unit: 'return' | 'score' | 'probability';
  readonly checkpoint: string | undefined;

  constructor(init: {
    readonly index: PanelIndex;
    readonly signals: Float64Array;
    readonly signalNames?: readonly string[];
    readonly unit: 'return' | 'score' | 'probability';
    readonly checkpoint?: string | undefined;
  }) {
    this.signalNames = frozenNames('signalNames', init.signalNames ?? ['signal']);
    requireLength('signals', init.signals, init.index.nRows * this.signalNames.length, 'rows x signals');
    this.index = init.index;
    this.signals = init.signals;
    this.unit = init.unit;
    this.checkpoint = init.checkpoint;
    Object.freeze(this);
  }
}

/** Portfolio weights per panel row, held from the row's date to the next. */
export class AssetWeightsResult {
  readonly index: PanelIndex;
  /** (R); NaN where the model cannot say. */
  readonly weights: Float64Array;
  readonly checkpoint: string | undefined;

  constructor(init: {
    readonly index: PanelIndex;
    readonly weights: Float64Array;
    readonly checkpoint?: string | undefined;
  }) {
    requireLength('weights', init.weights, init.index.nRows, 'one per panel row');
    this.index = init.index;
    this.weights = init.weights;
    this.checkpoint = init.checkpoint;
    Object.freeze(this);
  }
}

/**
 * The stochastic discount factor and the tradable weights that induce it:
 * `M_{t+1} = 1 - sum_i omega_{t,i} r_{t+1,i}`.
 */
export class StochasticDiscountFactorState {
  readonly index: PanelIndex;
  /** omega (R); known on the row's date. */
  readonly weights: Float64Array;
  /** M (T) of these weights, realised after each date; NaN where returns are not known. */
  readonly sdfValues: Float64Array;
  /**
   * What the weights were made of before they were divided by the number of assets or by their absolute sum (R): alike at dates with few
   * and with many assets, where weights are not. Undefined where not known.
   */
  readonly exposures: Float64Array | undefined;
  /** M (T) of the weights before their absolute sum was made one: that with `E[M r] = 0`. Undefined where not known. */
  readonly pricingKernel: Float64Array | undefined;
  readonly checkpoint: string | undefined;
  /** Anything a careful user should know of this batch, in plain sentences. */
  readonly notes: readonly string[];

  constructor(init: {
    readonly index: PanelIndex;
    readonly weights: Float64Array;
    readonly sdfValues: Float64Array;
    readonly exposures?: Float64Array | undefined;
    readonly pricingKernel?: Float64Array | undefined;
    readonly checkpoint?: string | undefined;
    readonly notes?: readonly string[] | undefined;
  }) {
    const { index } = init;
    requireLength('weights', init.weights, index.nRows, 'one per panel row');
    requireLength('sdfValues', init.sdfValues, index.nDates, 'one per date');
    if (init.exposures) requireLength('exposures', init.exposures, index.nRows, 'one per panel row');
    if (init.pricingKernel) requireLength('pricingKernel', init.pricingKernel, index.nDates, 'one per date');
    this.index = index;
    this.weights = init.weights;
    this.sdfValues = init.sdfValues;
    this.exposures = init.exposures;
    this.pricingKernel = init.pricingKernel;
    this.checkpoint = init.checkpoint;
    this.notes = Object.freeze([...(init.notes ?? [])]);
    Object.freeze(this);
  }
}
