import fc from 'fast-check';

declare const effort: fc.Parameters<unknown>;

/** How many cases a property is tried on, from which seed: few in the tests, see jest.config.cjs. */
export function effortOf<T>(few: number, examples?: T[]): fc.Parameters<T> {
  return { numRuns: few, ...(effort as fc.Parameters<T>), ...(examples ? { examples } : {}) };
}
