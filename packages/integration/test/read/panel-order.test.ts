import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { reorderRows, reorderValues } from '../../src/read/panel-order.ts';

const permutation = fc.integer({ min: 0, max: 60 }).chain((n) =>
  fc.shuffledSubarray(
    Array.from({ length: n }, (_, i) => i),
    { minLength: n, maxLength: n },
  ),
);

describe('reorderRows', () => {
  it('puts row order[i] at place i, in place', () => {
    fc.assert(
      fc.property(permutation, fc.integer({ min: 0, max: 4 }), (positions, width) => {
        const order = Int32Array.from(positions);
        const matrix = Float64Array.from({ length: order.length * width }, (_, i) => i);
        const expected = positions.flatMap((row) => Array.from({ length: width }, (_, k) => row * width + k));
        reorderRows(matrix, width, order);
        expect([...matrix]).toEqual(expected);
        expect([...order]).toEqual(positions);
      }),
      { seed: 20240131 },
    );
  });

  it('agrees with reorderValues', () => {
    const order = Int32Array.of(2, 0, 3, 1);
    const column = Float64Array.of(10, 11, 12, 13);
    const gathered = reorderValues(column, order);
    reorderRows(column, 1, order);
    expect(column).toEqual(gathered);
  });
});
