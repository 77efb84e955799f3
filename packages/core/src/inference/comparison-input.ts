import { ConfigError, ShapeError } from '../errors.ts';

/** Two series by the same dates. */
export function requireSameLength(field: string, a: ArrayLike<number>, b: ArrayLike<number>): void {
  if (a.length === b.length) return;
  throw new ShapeError({
    field,
    expected: `${a.length} values, one for each date of the other series`,
    found: String(b.length),
    remedy: 'Pass both series over the same dates, NaN where one has no value.',
  });
}

/** How a bootstrap over dates is drawn. */
export interface DateBootstrapOptions {
  /** Resamples: 5,000 where absent. */
  readonly draws?: number | undefined;
  /** Mean length of the blocks of dates that stay together: the square root of their number where absent. */
  readonly blockLength?: number | undefined;
  /** 0 where absent. Equal seeds give equal p-values. */
  readonly seed?: number | undefined;
}

export function dateBootstrap(
  n: number,
  { draws = 5000, blockLength = Math.floor(Math.sqrt(n)), seed = 0 }: DateBootstrapOptions,
): Required<{ draws: number; blockLength: number; seed: number }> {
  const check = (field: string, value: number, least: number): void => {
    if (Number.isFinite(value) && value >= least) return;
    throw new ConfigError({
      field,
      expected: `a number >= ${least}`,
      found: String(value),
      remedy: 'Correct the value, or leave it out.',
    });
  };
  check('draws', draws, 1);
  check('blockLength', blockLength, 1);
  return { draws: Math.floor(draws), blockLength, seed };
}
