import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DataError } from '../../src/errors.ts';
import { requireFiniteOutputs, requireFloat32 } from '../../src/train/index.ts';

const nameOf = (at: number): string => `value ${at}`;

describe('requireFloat32', () => {
  it('refuses what float32 makes infinite, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(fc.double(), { maxLength: 8 }), (values) => {
        const first = values.findIndex(
          (value) => Math.abs(Math.fround(value)) === Infinity && Math.abs(value) > 3.4028234663852886e38,
        );
        const check = (): void => requireFloat32('inputs', Float64Array.from(values), nameOf);
        if (first < 0) expect(check).not.toThrow();
        else expect(check).toThrow(`inputs (value ${first}): expected numbers up to 3.4e38`);
      }),
    );
    expect(() => requireFloat32('inputs', Float64Array.of(1, Number.NaN, -1e39), nameOf)).toThrow(DataError);
    expect(() => requireFloat32('inputs', Float32Array.of(1e39), nameOf)).toThrow(/found Infinity/);
  });
});

describe('requireFiniteOutputs', () => {
  it('counts what is not finite', () => {
    expect(() => requireFiniteOutputs('weights', Float32Array.of(0, -3.4e38, 3.4e38))).not.toThrow();
    expect(() => requireFiniteOutputs('weights', [1, Number.NaN, -Infinity])).toThrow(/weights: .* 2 of 3/);
  });
});
