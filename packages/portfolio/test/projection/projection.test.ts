import { Random } from '@ml4t/core';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { leastTurnover } from '../../src/projection/least-turnover.ts';
import { absoluteSum, difference, dot, largest, project, randomRow, sum, type Row } from './rows.ts';
import { slowExactGross, slowProjection } from './slow-projection.ts';

const seeds = fc.integer({ min: 0, max: 1_000_000 });

/** Runs `check` on random rows, with and without a turnover budget. */
function onRows(most: number, numRuns: number, check: (row: Row, seed: number) => void): void {
  fc.assert(
    fc.property(seeds, fc.boolean(), (seed, withBudget) => {
      check(randomRow(seed, most, withBudget), seed);
    }),
    { numRuns },
  );
}

describe('the joint projection', () => {
  it('gives weights that satisfy every constraint', () => {
    onRows(60, 150, (row) => {
      const { grossExposure, netExposure, maxAbsWeight, turnoverLimit } = row.constraints;
      const w = project(row);
      expect(Math.abs(sum(w) - netExposure)).toBeLessThan(1e-12);
      expect(absoluteSum(w)).toBeLessThan(grossExposure + 1e-12);
      expect(largest(w)).toBeLessThanOrEqual(maxAbsWeight ?? Infinity);
      expect(absoluteSum(difference(w, row.held))).toBeLessThan((turnoverLimit ?? Infinity) + 1e-12);
    });
  });

  it('leaves admissible weights where they are', () => {
    onRows(60, 100, (row) => {
      const w = project(row);
      expect(largest(difference(project({ ...row, values: w }), w))).toBeLessThan(1e-12);
    });
  });

  it('is the point that a slow quadratic program finds', () => {
    onRows(7, 30, (row) => {
      const { grossExposure: gross, netExposure: net, maxAbsWeight, turnoverLimit } = row.constraints;
      const slow = slowProjection(Array.from(row.values), {
        gross,
        net,
        cap: maxAbsWeight ?? Infinity,
        ...(turnoverLimit === null ? {} : { held: Array.from(row.held), budget: turnoverLimit }),
      });
      // Where it creeps, in about two rows of a thousand, another row is drawn; the next test covers those as well.
      fc.pre(slow !== undefined);
      expect(largest(difference(slow, project(row)))).toBeLessThan(1e-8);
    });
  });

  it('is closest: no other admissible point lies in the direction of the values (1e-11)', () => {
    // w is the closest point of a convex set exactly when (v - w)'(z - w) <= 0 for every z in the set.
    onRows(40, 100, (row, seed) => {
      const w = project(row);
      const away = difference(row.values, w);
      const random = new Random(seed + 1);
      for (let trial = 0; trial < 8; trial++) {
        const reach = 10 ** (2 - (trial % 4) * 2);
        const near = w.map((x, i) => x + reach * (0.3 * away[i] + random.normal()));
        const z = project({ ...row, values: near });
        expect(dot(away, difference(z, w))).toBeLessThan(1e-11 * (1 + absoluteSum(away)));
      }
    });
  });

  it('moves no farther than the values, the cap, the budget and the holdings do', () => {
    onRows(30, 150, (row, seed) => {
      const w = project(row);
      const random = new Random(seed + 2);
      const step = 1e-7;
      const shifted = row.values.map((v) => v + step * random.normal());
      const norm = (x: ArrayLike<number>): number => Math.sqrt(dot(x, x));
      expect(norm(difference(project({ ...row, values: shifted }), w))).toBeLessThanOrEqual(
        norm(difference(shifted, row.values)) + 1e-12,
      );
      // In the parameters of the set the solution is Lipschitz; the constant depends on the row.
      const { maxAbsWeight, turnoverLimit } = row.constraints;
      const wider = { ...row.constraints, maxAbsWeight: (maxAbsWeight ?? 1) + step };
      expect(largest(difference(project({ ...row, constraints: wider }), w))).toBeLessThan(1e3 * step);
      if (turnoverLimit === null) return;
      const freer = { ...row.constraints, turnoverLimit: turnoverLimit + step };
      expect(largest(difference(project({ ...row, constraints: freer }), w))).toBeLessThan(1e3 * step);
      const elsewhere = row.held.map((p) => p + (step / row.held.length) * random.uniform());
      expect(largest(difference(project({ ...row, held: elsewhere, constraints: freer }), w))).toBeLessThan(1e3 * step);
    });
  });

  it('follows a permutation of the assets', () => {
    onRows(20, 100, (row, seed) => {
      const order = new Random(seed).permutation(row.values.length);
      const permuted = (x: Float64Array): Float64Array => Float64Array.from(order, (i) => x[i]);
      const w = project({ ...row, values: permuted(row.values), held: permuted(row.held) });
      expect(largest(difference(w, permuted(project(row))))).toBeLessThan(1e-12);
    });
  });

  it('scales with its input and its constraints, and mirrors with their signs', () => {
    onRows(20, 100, (row) => {
      const { constraints: c } = row;
      const w = project(row);
      const by = (factor: number): Row => ({
        values: row.values.map((v) => factor * v),
        held: row.held.map((p) => factor * p),
        constraints: {
          ...c,
          grossExposure: Math.abs(factor) * c.grossExposure,
          netExposure: factor * c.netExposure,
          maxAbsWeight: Math.abs(factor) * (c.maxAbsWeight ?? 1),
          turnoverLimit: c.turnoverLimit === null ? null : Math.abs(factor) * c.turnoverLimit,
        },
      });
      for (const factor of [1e-4, 1e3, -1])
        expect(
          largest(
            difference(
              project(by(factor)),
              w.map((x) => factor * x),
            ),
          ),
        ).toBeLessThan(1e-11 * Math.abs(factor));
    });
  });

  it('finds the least turnover: weights of that budget exist, and of a smaller one do not', () => {
    onRows(7, 60, ({ values, held, constraints }) => {
      const least = leastTurnover(held, held.length, constraints);
      const w = project({ values, held, constraints: { ...constraints, turnoverLimit: least } });
      expect(absoluteSum(difference(w, held))).toBeLessThan(least + 1e-12);
      // Projecting the holdings themselves cannot trade less either.
      const nearest = project({ values: held, held, constraints: { ...constraints, turnoverLimit: null } });
      expect(absoluteSum(difference(nearest, held))).toBeGreaterThan(least - 1e-12);
      if (least > 1e-6)
        expect(() => project({ values, held, constraints: { ...constraints, turnoverLimit: 0.999 * least } })).toThrow(
          /turnoverLimit/,
        );
    });
  });
});

describe('the projection with exact gross exposure', () => {
  const exact = (row: Row): Row => ({
    ...row,
    constraints: { ...row.constraints, gross: 'exact', turnoverLimit: null },
  });

  it('is as close as the best of all assignments to long and short', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const row = exact(randomRow(seed, 7, false));
        const { grossExposure, netExposure, maxAbsWeight } = row.constraints;
        const slow = slowExactGross(Array.from(row.values), grossExposure, netExposure, maxAbsWeight ?? Infinity);
        if (slow.length === 0) {
          expect(() => project(row)).toThrow(/maxAbsWeight|grossExposure/);
          return;
        }
        const w = project(row);
        const distance = (x: ArrayLike<number>): number => dot(difference(x, row.values), difference(x, row.values));
        expect(distance(w)).toBeCloseTo(distance(slow), 12);
        expect(absoluteSum(w)).toBeCloseTo(grossExposure, 12);
        expect(sum(w)).toBeCloseTo(netExposure, 12);
        expect(largest(w)).toBeLessThanOrEqual((maxAbsWeight ?? Infinity) + 1e-15);
      }),
      { numRuns: 40 },
    );
  });

  it('cannot be continuous in the cap: below 1/2 a second asset must be long', () => {
    const row = (cap: number): Row =>
      exact({
        ...randomRow(1, 2, false),
        values: Float64Array.of(0.5, -0.1, -0.2, -0.2),
        held: new Float64Array(4),
        constraints: { ...randomRow(1, 2, false).constraints, grossExposure: 1, netExposure: 0, maxAbsWeight: cap },
      });
    expect(largest(difference(project(row(0.5)), [0.5, -0.1, -0.2, -0.2]))).toBeLessThan(1e-15);
    expect(project(row(0.5 - 1e-9))[1]).toBeGreaterThan(0);
  });
});
