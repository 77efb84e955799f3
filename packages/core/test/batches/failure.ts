import { expect } from '@jest/globals';
import { Ml4tError } from '../../src/errors.ts';

/** Runs what must fail and returns the library error, so that its kind and field can be checked. */
export function failure(run: () => unknown): Ml4tError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(Ml4tError);
    const found = error as Ml4tError;
    // Every error says all four things, in one line.
    for (const part of [found.field, found.expected, found.found, found.remedy]) expect(part).not.toBe('');
    expect(found.message).not.toContain('\n');
    return found;
  }
  throw new Error('expected an error, found none');
}
