import { ConfigError, DataError, NotIdentifiedError } from '@ml4t/core';

/** Throws ConfigError when K exceeds the instruments. */
export function requireEnoughInstruments(nInstruments: number, k: number): void {
  if (k > nInstruments)
    throw new ConfigError({
      field: 'IPCAConfig.nFactors',
      expected: `at most ${nInstruments}, the number of instruments`,
      found: String(k),
      remedy: 'Lower nFactors or add characteristics.',
    });
}

/** Throws DataError unless pre-specified factors, where any are at hand, are those of the fit in their order. */
export function requireSameFactors(found: readonly string[] | undefined, expected: readonly string[]): void {
  if (found === undefined || (found.length === expected.length && found.every((name, i) => name === expected[i])))
    return;
  throw new DataError({
    field: 'preSpecifiedFactors.names',
    expected: expected.length > 0 ? `the factors of the fit, ${expected.join(', ')}` : 'none, as in the fit',
    found: found.join(', '),
    remedy: 'Pass the same factors in the same order as to `fit`.',
  });
}

/** Throws NotIdentifiedError when fewer dates than factors have enough complete rows. */
export function requireUsableDates(
  { counts, nDates }: { readonly counts: Int32Array; readonly nDates: number },
  k: number,
  minimumRows: number,
): void {
  const usable = counts.filter((count) => count >= minimumRows).length;
  const largest = counts.reduce((most, count) => Math.max(most, count), 0);
  if (usable < Math.max(k, 1))
    throw new NotIdentifiedError({
      field: 'batch',
      expected: `at least ${Math.max(k, 1)} dates with ${minimumRows} complete rows or more`,
      found: `${usable} of ${nDates} dates; the largest has ${largest}`,
      remedy:
        largest < minimumRows && minimumRows > k
          ? `Lower minimumRows (at least nFactors, ${k}), impute missing characteristics, or pass more assets.`
          : 'Impute missing characteristics, pass more dates, or lower nFactors.',
    });
}

/** Throws ConfigError for a model without any factor. */
export function requireSomeFactor(count: number): void {
  if (count === 0)
    throw new ConfigError({
      field: 'IPCAConfig.nFactors',
      expected: 'a latent factor, a pre-specified one or an intercept',
      found: 'none of them',
      remedy: 'Raise nFactors or pass preSpecifiedFactors.',
    });
}

/** Throws DataError unless the Gamma to start from is of n instruments x width factors, and finite. */
export function requireStartingGamma(given: Float64Array, n: number, width: number): void {
  if (given.length !== n * width || !given.every(Number.isFinite))
    throw new DataError({
      field: 'initialGamma',
      expected: `${n} x ${width} finite numbers (instruments x factors)`,
      found: `${given.length}`,
      remedy: 'Pass the `gamma` of a model with the same instruments and factors, or leave it out.',
    });
}
