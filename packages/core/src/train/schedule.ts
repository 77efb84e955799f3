import { ConfigError } from '../errors.ts';

/** Factor on the learning rate in an epoch (from 1) of a run of `epochs`. */
export type Schedule = (epoch: number, epochs: number) => number;

export const constantRate: Schedule = () => 1;

/**
 * Half a cosine from 1 to `floor` after a linear rise over `warmup` epochs:
 * floor + (1 - floor) (1 + cos(pi (epoch - 1 - warmup) / (epochs - warmup))) / 2.
 */
export function cosineRate(options: { readonly warmup?: number; readonly floor?: number } = {}): Schedule {
  const { warmup = 0, floor = 0 } = options;
  return (epoch, epochs) => {
    if (epoch <= warmup) return epoch / (warmup + 1);
    const done = (epoch - 1 - warmup) / Math.max(1, epochs - warmup);
    return floor + ((1 - floor) * (1 + Math.cos(Math.PI * done))) / 2;
  };
}

/** decay^(epoch - 1). */
export function exponentialRate(decay: number): Schedule {
  if (!(decay > 0 && decay <= 1))
    throw new ConfigError({
      field: 'decay',
      expected: 'a factor in (0, 1]',
      found: String(decay),
      remedy: 'It multiplies the learning rate after every epoch; 0.98 is a slow decay.',
    });
  // By multiplication: the last digit of a power differs between versions of V8.
  return (epoch) => {
    let rate = 1;
    for (let e = 1; e < epoch; e++) rate *= decay;
    return rate;
  };
}
