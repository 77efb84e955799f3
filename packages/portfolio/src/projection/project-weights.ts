import {
  exposureInfeasibility,
  feasibilityTolerance,
  type ExposureConstraints,
  type Infeasibility,
} from './constraints.ts';
import { projectExposure } from './exposure.ts';
import { leastTurnover } from './least-turnover.ts';
import { scaleProportionally } from './proportional.ts';
import { projectWithinTurnover } from './turnover.ts';

/** What one row of weights must satisfy; the fields of the postprocessor's configuration. */
export interface RowConstraints extends ExposureConstraints {
  readonly scaling: 'proportional' | 'none';
  /** Bound on `sum |w - p|`; null for none. */
  readonly turnoverLimit: number | null;
  /** 'strict': a budget that cannot be met is infeasible. 'least': it is raised to the least turnover that is possible. */
  readonly turnoverPolicy: 'strict' | 'least';
}

/** Room for the rows of a panel with `nAssets` assets. */
export class RowProjection {
  readonly #values: Float64Array;
  readonly #held: Float64Array;
  readonly #constraints: RowConstraints;

  constructor(nAssets: number, constraints: RowConstraints) {
    this.#values = new Float64Array(nAssets);
    this.#held = new Float64Array(nAssets);
    this.#constraints = constraints;
  }

  /**
   * Weights from scores for the assets that can be held; 0 elsewhere, where scores may be anything.
   *
   * What is held of other assets must be sold, which is the first part of the turnover. With no asset to hold nothing is held, and the
   * exposures do not apply.
   *
   * @param scores (N) @param canHold (N) @param previous (N), holdings before the trade @param weights (N), written
   * @returns why there are no such weights, else undefined
   */
  project(
    scores: Float64Array,
    canHold: Uint8Array,
    previous: Float64Array,
    weights: Float64Array,
  ): Infeasibility | undefined {
    const constraints = this.#constraints;
    let n = 0;
    let liquidated = 0;
    for (let i = 0; i < scores.length; i++) {
      if (canHold[i] === 0) {
        liquidated += Math.abs(previous[i]);
        continue;
      }
      this.#values[n] = scores[i];
      this.#held[n++] = previous[i];
    }
    const infeasible =
      (n > 0 ? exposureInfeasibility(constraints, n) : undefined) ??
      this.#fit(n, liquidated, constraints.turnoverLimit);
    if (infeasible) return infeasible;
    weights.fill(0);
    for (let i = 0, at = 0; i < weights.length; i++) if (canHold[i] !== 0) weights[i] = this.#values[at++];
    return undefined;
  }

  /** Overwrites the values with the weights. */
  #fit(n: number, liquidated: number, limit: number | null): Infeasibility | undefined {
    const constraints = this.#constraints;
    const least = limit === null ? 0 : n > 0 ? leastTurnover(this.#held, n, constraints) : 0;
    if (limit !== null && constraints.turnoverPolicy === 'strict') {
      const slack = feasibilityTolerance * (limit + constraints.grossExposure);
      if (liquidated + least > limit + slack) return turnoverInfeasibility(limit, liquidated, least);
    }
    if (constraints.scaling === 'proportional') scaleProportionally(this.#values, n, constraints);
    if (limit === null || n === 0) {
      projectExposure(this.#values, n, constraints);
      return undefined;
    }
    const wanted = this.#values.slice(0, n);
    projectExposure(this.#values, n, constraints);
    const budget = Math.max(limit - liquidated, least);
    if (turnoverOf(this.#values, this.#held, n) > budget) {
      this.#values.set(wanted);
      projectWithinTurnover(this.#values, this.#held, n, constraints, budget);
    }
    return undefined;
  }
}

function turnoverOf(weights: Float64Array, held: Float64Array, n: number): number {
  let traded = 0;
  for (let i = 0; i < n; i++) traded += Math.abs(weights[i] - held[i]);
  return traded;
}

function turnoverInfeasibility(limit: number, liquidated: number, least: number): Infeasibility {
  const sum = (value: number): string => String(Number(value.toPrecision(6)));
  const exits = liquidated > 0 ? ` (${sum(liquidated)} of it for assets that cannot be held any more)` : '';
  return {
    constraint: 'turnoverLimit',
    expected: `at least ${sum(liquidated + least)}, the least turnover that meets the exposures${exits}`,
    found: sum(limit),
    remedy: "Raise turnoverLimit, pass prevWeights that are nearer, or choose turnoverPolicy: 'least'.",
  };
}
