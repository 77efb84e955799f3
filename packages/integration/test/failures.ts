import { expect } from '@jest/globals';
import { Ml4tError } from '@ml4t/core';
import { readCrossSectionBatch, type PanelColumns, type PanelSource, type ReadOptions } from '../src/index.ts';

/** The error of work that must fail, checked for what every error of the library promises. */
export async function failureOf(work: Promise<unknown>): Promise<Ml4tError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Ml4tError)) throw new Error(`expected an Ml4tError, got ${String(error)}`);
  expect(error.message).not.toContain('\n');
  for (const part of [error.field, error.expected, error.found, error.remedy]) expect(part).not.toBe('');
  return error;
}

/** The error of reading a source whose characteristic is x. */
export const readingFailure = (
  source: PanelSource,
  columns: Partial<PanelColumns> = {},
  options: ReadOptions = {},
): Promise<Ml4tError> => failureOf(readCrossSectionBatch(source, { characteristics: ['x'], ...columns }, options));
