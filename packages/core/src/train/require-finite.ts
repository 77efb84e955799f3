import { DataError } from '../errors.ts';
import type { FloatArray } from '../validation.ts';

/** The largest number of a float32, in which networks are computed. */
const LARGEST_FLOAT32 = 3.4028234663852886e38;

/**
 * Throws DataError that names the first value of a network's input that float32 cannot hold, or that is infinite because it could not: what
 * the network says of it, finite or not, means nothing. NaN stands for missing and is none of its concern.
 *
 * @param nameOf what a value is called, by its position
 */
export function requireFloat32(field: string, values: FloatArray, nameOf: (at: number) => string): void {
  for (let at = 0; at < values.length; at++) {
    if (!(values[at] > LARGEST_FLOAT32 || values[at] < -LARGEST_FLOAT32)) continue;
    throw new DataError({
      field: `${field} (${nameOf(at)})`,
      expected: 'numbers up to 3.4e38, which float32 can hold',
      found: String(values[at]),
      remedy: 'Correct the value, or state the column in a larger unit.',
    });
  }
}

/**
 * Throws DataError when outputs of a network are not finite though its inputs are known: it diverged in training, or an input is too
 * large for it. Nothing that such a network says can be used.
 *
 * @param what the outputs, as the caller knows them: 'weights of LSTMPortfolioModel'
 * @param outputs all of them are to be finite
 */
export function requireFiniteOutputs(what: string, outputs: ArrayLike<number>): void {
  let broken = 0;
  // A difference with itself is 0 for finite numbers alone.
  for (let at = 0; at < outputs.length; at++) if (outputs[at] - outputs[at] !== 0) broken++;
  if (broken === 0) return;
  throw new DataError({
    field: what,
    expected: 'finite numbers',
    found: `${broken} of ${outputs.length} that are not`,
    remedy:
      'Where it happens in `fit`, training diverged: lower the learning rate, or set a gradient clip. Where the fit was sound, look for extreme values in the batch.',
  });
}

/** Whether all numbers of all arrays are finite. */
export function isFiniteSnapshot(snapshot: Readonly<Record<string, ArrayLike<number>>>): boolean {
  for (const values of Object.values(snapshot))
    for (let at = 0; at < values.length; at++) if (values[at] - values[at] !== 0) return false;
  return true;
}
