import { describe, expect, it } from '@jest/globals';
import { DataError, EngineError } from '@ml4t/core';
import { errorAbout } from '../../src/executor/worker-errors.ts';

/** What V8 says of arrays that are too large. */
function outOf(make: () => unknown): unknown {
  try {
    make();
  } catch (error) {
    return error;
  }
  throw new Error('made');
}

describe('errorAbout', () => {
  it.each([
    ['a typed array beyond its limit', () => new Float64Array(2 ** 40)],
    ['a buffer beyond its limit', () => new ArrayBuffer(2 ** 53 - 1)],
    ['a negative length', () => new Float32Array(-1)],
    ['shared memory beyond its limit', () => new SharedArrayBuffer(2 ** 53 - 1)],
  ])('names a model that asks for too much, and what it was about: %s', (_what, make) => {
    const error = errorAbout('sae fold 1 member 2 of 5', outOf(make));
    expect(error).toBeInstanceOf(EngineError);
    expect(error).toMatchObject({ field: 'sae fold 1 member 2 of 5: memory', code: 'engine' });
  });

  it('leaves other errors what they are', () => {
    expect(errorAbout('pca fold 1', new RangeError('Maximum call stack size exceeded'))).not.toBeInstanceOf(
      EngineError,
    );
    expect(errorAbout('pca fold 1', new RangeError('the machine stopped'))).toMatchObject({
      message: 'pca fold 1: the machine stopped',
    });
    const detail = { field: 'returns', expected: 'a', found: 'b', remedy: 'c' };
    expect(errorAbout('pca fold 1', new DataError(detail))).toMatchObject({
      field: 'pca fold 1: returns',
      code: 'data',
    });
  });
});
