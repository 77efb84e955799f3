import { describe, expect, it } from '@jest/globals';
import { DataError } from '../../src/index.ts';
import { gram, matrix, symmetricEigen } from '../../src/linalg/index.ts';
import { gramEigen } from '../../src/linalg/heap-kernels.ts';

describe('gramEigen', () => {
  const a = matrix(
    23,
    9,
    Float64Array.from({ length: 23 * 9 }, (_, i) => Math.sin(i * i + 1)),
  );

  it('is the eigendecomposition of the Gram matrix, to the bit', () => {
    const { values, vectors, trace } = gramEigen(a, 4);
    const apart = symmetricEigen(gram(a), { leading: 4 });
    expect(values).toEqual(apart.values);
    expect(vectors).toEqual(apart.vectors);
    expect(trace).toBeCloseTo(
      a.data.reduce((sum, x) => sum + x * x, 0),
      10,
    );
  });

  it('refuses entries that are not finite', () => {
    expect(() => gramEigen(matrix(2, 1, [1, Number.NaN]))).toThrow(DataError);
  });
});
