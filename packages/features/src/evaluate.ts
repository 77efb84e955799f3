import { throwIfAborted } from '@ml4t/core/authoring';
import { keyOf, seriesOf, type Expression, type Window } from './formula/expression.ts';
import { movingCoMoments, type MovingCoMoments } from './kernels/co-moments.ts';
import {
  crossDemean,
  crossNeutralize,
  crossRank,
  crossWinsorize,
  crossZscore,
  type Groups,
} from './kernels/cross-section.ts';
import { elementwise, elementwiseNumber } from './kernels/elementwise.ts';
import { movingExtreme } from './kernels/extremes.ts';
import { movingMoments, type MomentOrder } from './kernels/moments.ts';
import type { MovingMoments } from './kernels/moving-moments.ts';
import {
  changeOf,
  correlationOf,
  covarianceOf,
  deviationOf,
  kurtosisOf,
  regressionOf,
  skewnessOf,
  sumOf,
  trendOf,
  varianceOf,
} from './kernels/moving.ts';
import { movingQuantile, movingRank } from './kernels/order-statistics.ts';
import { lag, lead } from './kernels/shift.ts';
import { movingTrend, type MovingTrend } from './kernels/trend.ts';
import { exponentialDeviation, exponentialMean, movingCount, movingWeightedMean } from './kernels/weighted.ts';
import { toPlaces, type AssetLayout } from './layout.ts';
import { Scratch } from './scratch.ts';
import { windowBounds, type WindowBounds } from './window-bounds.ts';

/** What expressions are evaluated on. */
export interface EvaluationData {
  readonly layout: AssetLayout;
  /** Columns by name (R each), in the order of the panel's rows. */
  readonly column: (name: string) => ArrayLike<number>;
  readonly group: (name: string) => Groups;
  readonly signal?: AbortSignal | undefined;
}

/** A series in the order of the layout, or one number for all rows. */
type Value = Float64Array | number;

/**
 * Evaluates expressions on one panel. Whatever several of them share is computed once, and kept for as long as another one
 * still needs it.
 */
export class Evaluator {
  readonly #data: EvaluationData;
  readonly #bounds = new Map<string, WindowBounds>();
  readonly #values = new Map<string, Value>();
  /** Moments by series and window: several functions read the same, and they live as long as their series. */
  readonly #statistics = new Map<string, MovingMoments | MovingCoMoments | Trend>();
  readonly #scratch = new Scratch();
  /** How often each subexpression is still to be asked for. */
  readonly #uses = new Map<string, number>();

  constructor(data: EvaluationData, expressions: readonly Expression[]) {
    this.#data = data;
    for (const expression of expressions) this.#count(expression);
  }

  /**
   * The series of an expression, in the order of the layout. It is the caller's until {@link Evaluator.release}, as long as nobody
   * writes to it.
   */
  evaluate(expression: Expression): Float64Array {
    return this.#series(expression);
  }

  /** Says that the result of `evaluate` was read: memory of what nobody needs any more is used again. */
  release(expression: Expression): void {
    const key = keyOf(expression);
    const left = (this.#uses.get(key) ?? 1) - 1;
    this.#uses.set(key, left);
    if (left > 0) return;
    const value = this.#values.get(key);
    this.#values.delete(key);
    if (value instanceof Float64Array) this.#scratch.give(value);
    for (const [name, arrays] of this.#statistics)
      if (name.startsWith(`${key};`)) {
        this.#statistics.delete(name);
        this.#scratch.give(...Object.values(arrays).filter((array) => array instanceof Float64Array));
      }
  }

  #count(expression: Expression): void {
    const key = keyOf(expression);
    const uses = this.#uses.get(key) ?? 0;
    this.#uses.set(key, uses + 1);
    // Its parts are asked for once, however often it is.
    if (uses === 0) for (const part of seriesOf(expression)) this.#count(part);
  }

  #value(expression: Expression): Value {
    const key = keyOf(expression);
    let value = this.#values.get(key);
    if (value === undefined) {
      value = this.#compute(expression);
      this.#values.set(key, value);
      for (const part of seriesOf(expression)) this.release(part);
    }
    return value;
  }

  #series(expression: Expression): Float64Array {
    const value = this.#value(expression);
    return typeof value === 'number' ? this.#take().fill(value) : value;
  }

  #take(): Float64Array {
    return this.#scratch.take(this.#data.layout.nRows);
  }

  #compute(expression: Expression): Value {
    const { layout, column } = this.#data;
    throwIfAborted(this.#data.signal, 'deriveFeatures');
    switch (expression.kind) {
      case 'number':
        return expression.value;
      case 'column':
        return toPlaces(layout, column(expression.name), this.#take());
      case 'elementwise': {
        const operands = expression.series.map((part) => this.#value(part));
        if (operands.every((operand) => typeof operand === 'number'))
          return elementwiseNumber(expression.name, operands);
        return elementwise(expression.name, operands, layout.nRows, this.#take());
      }
      case 'lead':
        return lead(layout, this.#series(expression.series[0]), expression.rows, this.#take());
      case 'moving':
        return this.#moving(expression);
      case 'cross-section':
        return this.#crossSection(expression);
    }
  }

  #moving(expression: Extract<Expression, { kind: 'moving' }>): Float64Array {
    const { layout } = this.#data;
    const { name, series, window, parameter = Number.NaN } = expression;
    const [x, y] = series.map((part) => this.#series(part));
    const bounds = (): WindowBounds => this.#boundsOf(window);
    const moments = (order: MomentOrder): MovingMoments => this.#momentsOf(series[0], x, window, order);
    switch (name) {
      case 'lag':
        return lag(layout, x, window, this.#take());
      case 'delta':
      case 'returns':
        return changeOf(name, layout, x, window, this.#take());
      case 'mean':
        return copyInto(this.#take(), moments(1).mean);
      case 'sum':
        return sumOf(moments(1), this.#take());
      case 'var':
        return varianceOf(moments(2), this.#take());
      case 'std':
        return deviationOf(moments(2), this.#take());
      case 'skew':
        return skewnessOf(moments(4));
      case 'kurt':
        return kurtosisOf(moments(4));
      case 'min':
      case 'argmin':
        return movingExtreme(layout, bounds(), x, -1, name === 'argmin', this.#take());
      case 'max':
      case 'argmax':
        return movingExtreme(layout, bounds(), x, 1, name === 'argmax', this.#take());
      case 'median':
        return movingQuantile(bounds(), x, 0.5, this.#take());
      case 'quantile':
        return movingQuantile(bounds(), x, parameter, this.#take());
      case 'tsrank':
        return movingRank(bounds(), x, this.#take());
      case 'count':
        return movingCount(layout, bounds(), x, this.#take());
      case 'cov':
        return covarianceOf(this.#coMomentsOf(series, x, y, window));
      case 'corr':
        return correlationOf(this.#coMomentsOf(series, x, y, window), this.#take());
      case 'slope':
      case 'rsquare':
      case 'residual':
        // Of the regression of the first on the second, or on time.
        if (series.length === 2)
          return regressionOf(name, this.#coMomentsOf([series[1], series[0]], y, x, window), y, x);
        return trendOf(name, this.#trendOf(series[0], x, window), x, this.#take());
      case 'ewm':
        return exponentialMean(layout, x, window.count, this.#take());
      case 'ewmstd':
        return exponentialDeviation(layout, x, window.count, this.#take());
      case 'wma':
        return movingWeightedMean(bounds(), x, (back, count) => count - back, this.#take());
      case 'decay':
        return movingWeightedMean(bounds(), x, (back) => wholePower(parameter, back), this.#take());
      default:
        throw new Error(`no kernel for ${name}`);
    }
  }

  #crossSection({ name, series, group, parameter = 0 }: Extract<Expression, { kind: 'cross-section' }>): Float64Array {
    const { layout } = this.#data;
    const groups = group === undefined ? undefined : this.#data.group(group);
    const [x, ...controls] = series.map((part) => this.#series(part));
    switch (name) {
      case 'rank':
        return crossRank(layout, x, groups);
      case 'zscore':
        return crossZscore(layout, x, groups);
      case 'demean':
        return crossDemean(layout, x, groups);
      case 'winsorize':
        return crossWinsorize(layout, x, parameter, groups);
      case 'neutralize':
        return crossNeutralize(layout, x, controls, groups);
      default:
        throw new Error(`no kernel for ${name}`);
    }
  }

  #boundsOf(window: Window): WindowBounds {
    const key = `${window.count}${window.kind}`;
    const known = this.#bounds.get(key) ?? windowBounds(this.#data.layout, window);
    this.#bounds.set(key, known);
    return known;
  }

  #momentsOf(of: Expression, x: Float64Array, window: Window, order: MomentOrder): MovingMoments {
    const key = `${keyOf(of)};moments;${window.count}${window.kind}`;
    const known = this.#statistics.get(key) as MovingMoments | undefined;
    if (known && (order === 1 || known.m2.length > 0) && (order < 4 || known.m4.length > 0)) return known;
    return this.#keep(key, movingMoments(this.#data.layout, this.#boundsOf(window), x, order, this.#scratch));
  }

  #coMomentsOf(of: readonly Expression[], x: Float64Array, y: Float64Array, window: Window): MovingCoMoments {
    const key = `${keyOf(of[0])};${keyOf(of[1])};${window.count}${window.kind}`;
    const known = this.#statistics.get(key) as MovingCoMoments | undefined;
    return known ?? this.#keep(key, movingCoMoments(this.#data.layout, this.#boundsOf(window), x, y, this.#scratch));
  }

  #trendOf(of: Expression, x: Float64Array, window: Window): MovingTrend {
    const key = `${keyOf(of)};trend;${window.count}${window.kind}`;
    const known = this.#statistics.get(key) as Trend | undefined;
    const { xt } =
      known ?? this.#keep(key, { xt: movingTrend(this.#data.layout, this.#boundsOf(window), x, this.#scratch) });
    return { ...this.#momentsOf(of, x, window, 2), xt };
  }

  #keep<T extends MovingMoments | MovingCoMoments | Trend>(key: string, statistics: T): T {
    this.#statistics.set(key, statistics);
    return statistics;
  }
}

type Trend = Pick<MovingTrend, 'xt'>;

function copyInto(out: Float64Array, values: Float64Array): Float64Array {
  out.set(values);
  return out;
}

/** base^n by repeated multiplication. */
function wholePower(base: number, n: number): number {
  let result = 1;
  for (let i = 0; i < n; i++) result *= base;
  return result;
}
