import { Ml4tError } from '@ml4t/core';

/** The result of an operation, or its error, which must be one of the library with something in every part. */
export async function outcomeOf<T>(operation: () => T | Promise<T>): Promise<{ value?: T; error?: Ml4tError }> {
  try {
    return { value: await operation() };
  } catch (error) {
    if (!(error instanceof Ml4tError)) throw error;
    for (const part of ['field', 'expected', 'found', 'remedy', 'message'] as const)
      if (typeof error[part] !== 'string' || error[part] === '')
        throw new Error(`an error without ${part}`, { cause: error });
    return { error };
  }
}
