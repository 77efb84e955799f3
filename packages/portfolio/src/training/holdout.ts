import { ConfigError, type PortfolioSequenceBatch } from '@ml4t/core';

export interface HeldOut {
  readonly train: PortfolioSequenceBatch;
  readonly validation: PortfolioSequenceBatch | undefined;
  readonly note: string[];
}

/**
 * The last `share` of the windows for validation, and for training those whose returns are known when the first of them begins:
 * the return of a window's last date is known `realisationLag` dates of the batch later, and windows that overlap both sides would leak.
 * No validation where that leaves nothing to train on.
 *
 * @throws ConfigError when windows are not in the order of their first dates
 */
export function holdOut(batch: PortfolioSequenceBatch, share: number): HeldOut {
  const { nWindows, nSteps, timestamps, realisationLag } = batch;
  const first = (b: number): number => timestamps[b * nSteps];
  const held = Math.floor(nWindows * share);
  const none = (why: string): HeldOut => ({ train: batch, validation: undefined, note: [why] });
  if (held === 0) return none('No validation: training ran for nSteps.');
  for (let b = 1; b < nWindows; b++)
    if (first(b) < first(b - 1))
      throw new ConfigError({
        field: 'validationShare',
        expected: 'windows in the order of their first dates, so that the last can be held out',
        found: `window ${b} before window ${b - 1}`,
        remedy: 'Sort the windows, pass a validation batch, or set validationShare to 0.',
      });
  const from = nWindows - held;
  // Dates that no window has are not counted: that leaves out rather too much than too little.
  const dates = Float64Array.from(new Set(timestamps)).sort();
  const lastKnown = dates[dates.indexOf(first(from)) - realisationLag] ?? Number.NEGATIVE_INFINITY;
  let to = from;
  while (to > 0 && timestamps[to * nSteps - 1] > lastKnown) to--;
  if (to === 0) return none('No validation: every window shares dates or returns with those that would be held out.');
  const left = from - to;
  return {
    train: batch.slice(0, to),
    validation: batch.slice(from),
    note: [
      `The last ${held} of ${nWindows} windows were held out for validation` +
        `${left > 0 ? `, and ${left} that share dates or returns with them left out` : ''}.`,
    ],
  };
}
