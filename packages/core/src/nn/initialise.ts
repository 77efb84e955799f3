import { EngineError } from '../errors.ts';
import type { CounterRandom } from './random.ts';

/** Fills a new array of a shape with initial values. */
export type Initialiser = (shape: readonly number[], generator: CounterRandom) => Float64Array;

function filled(shape: readonly number[], value: () => number): Float64Array {
  const values = allocated(shape);
  for (let i = 0; i < values.length; i++) values[i] = value();
  return values;
}

function allocated(shape: readonly number[]): Float64Array {
  try {
    return new Float64Array(shape.reduce((product, n) => product * n, 1));
  } catch (cause) {
    throw new EngineError({
      field: 'network',
      expected: 'layers that memory has room for',
      found: `an array of shape (${shape.join(', ')})`,
      remedy: 'Make its layers smaller.',
      cause,
    });
  }
}

export const zeros: Initialiser = (shape) => filled(shape, () => 0);
export const ones: Initialiser = (shape) => filled(shape, () => 1);

/** Every entry the same. */
export function constantValue(value: number): Initialiser {
  return (shape) => filled(shape, () => value);
}

/** Given numbers, for starting from weights made elsewhere. */
export function values(given: ArrayLike<number>): Initialiser {
  return () => Float64Array.from(given);
}

/** U(-bound, bound). */
export function uniform(bound: number): Initialiser {
  return (shape, generator) => filled(shape, () => generator.uniform(-bound, bound));
}

/** N(0, deviation^2). PyTorch's default for embeddings is deviation 1. */
export function normal(deviation = 1): Initialiser {
  return (shape, generator) => filled(shape, () => deviation * generator.normal());
}

/**
 * PyTorch's default for Linear: Kaiming uniform with a = sqrt 5, that is U(-1/sqrt(fan in), 1/sqrt(fan in)), for the weight
 * (outputs, inputs). Pass `fanIn` for the bias, and the hidden size for every array of an LSTM.
 */
export function kaimingUniform(fanIn?: number): Initialiser {
  return (shape, generator) => uniform(1 / Math.sqrt(fanIn ?? shape[shape.length - 1]))(shape, generator);
}

/** Glorot: U(-b, b), b = sqrt(6 / (fan in + fan out)), for a weight (outputs, inputs). */
export const xavierUniform: Initialiser = (shape, generator) =>
  uniform(Math.sqrt(6 / (shape[0] + shape[shape.length - 1])))(shape, generator);
