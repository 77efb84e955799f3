import { Random } from '@ml4t/core';
import { leastTurnover } from '../../src/projection/least-turnover.ts';
import { RowProjection, type RowConstraints } from '../../src/projection/project-weights.ts';

/** A row to project, with constraints that can be met. */
export interface Row {
  readonly values: Float64Array;
  readonly held: Float64Array;
  readonly constraints: RowConstraints;
}

export const weightsOnly: RowConstraints = {
  grossExposure: 1,
  netExposure: 0,
  maxAbsWeight: null,
  gross: 'at-most',
  scaling: 'none',
  turnoverLimit: null,
  turnoverPolicy: 'strict',
};

/** A random row of up to `most` assets; the budget, where there is one, lies between the least and a generous turnover. */
export function randomRow(seed: number, most: number, withBudget: boolean): Row {
  const random = new Random(seed);
  const n = 2 + Math.floor(random.uniform() * (most - 1));
  const values = Float64Array.from({ length: n }, () => 1.5 * random.normal());
  const held = Float64Array.from({ length: n }, () => (random.uniform() < 0.2 ? 0 : 0.4 * random.normal()));
  const netExposure = Math.round(4 * (random.uniform() - 0.5)) / 4;
  const grossExposure = Math.abs(netExposure) + 0.05 + 1.5 * random.uniform();
  const maxAbsWeight = Math.max((1.05 * Math.abs(netExposure)) / n, 0.02 + 0.6 * random.uniform());
  const exposures = { ...weightsOnly, grossExposure, netExposure, maxAbsWeight };
  const spare = random.uniform() < 0.1 ? 0 : 0.8 * random.uniform() ** 2;
  const turnoverLimit = withBudget ? leastTurnover(held, n, exposures) + spare : null;
  return { values, held, constraints: { ...exposures, turnoverLimit } };
}

/** Projects one row of which every asset can be held; throws what makes it infeasible. */
export function project({ values, held, constraints }: Row): Float64Array {
  const weights = new Float64Array(values.length);
  const canHold = new Uint8Array(values.length).fill(1);
  const infeasible = new RowProjection(values.length, constraints).project(values, canHold, held, weights);
  if (infeasible) throw new Error(JSON.stringify(infeasible));
  return weights;
}

export const sum = (x: ArrayLike<number>): number => Array.from(x).reduce((a, b) => a + b, 0);
export const absoluteSum = (x: ArrayLike<number>): number => sum(Array.from(x, Math.abs));
export const difference = (x: ArrayLike<number>, y: ArrayLike<number>): number[] => Array.from(x, (v, i) => v - y[i]);
export const largest = (x: ArrayLike<number>): number => Math.max(0, ...Array.from(x, Math.abs));
export const dot = (x: ArrayLike<number>, y: ArrayLike<number>): number => sum(Array.from(x, (v, i) => v * y[i]));
