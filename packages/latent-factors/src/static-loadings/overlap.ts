import { NotIdentifiedError } from '@ml4t/core';
import type { Matrix } from '@ml4t/core/linalg';
import { someOf } from './assets.ts';
import { isMissing } from './observed-moments.ts';

/** Common dates, in parameters of an asset, that tie it firmly to the others. */
const FIRM = 4;

/** How the dates of a panel with gaps hang together. */
export interface Overlap {
  /** Dates with at least K observed assets whose factors are tied to those of the others by too few common dates. */
  readonly looseDates: number;
  /** Assets that are on those dates and not among the others, by position. */
  readonly looseAssets: readonly number[];
  /** Most dates that one of them shares with dates of the others. */
  readonly sharedDates: number;
}

/**
 * Whether factors of all dates can be told in the same coordinates. An asset has K + 1 parameters, its mean and loadings: observed on
 * too few of the dates whose factors are known, it says nothing of the factors of other dates. From the asset with most returns on,
 *
 * - a date is tied when at least K tied assets are observed on it;
 * - an asset is tied when it is observed on at least 4 (K + 1) tied dates (half of that asset's where that is less, at least K + 1);
 *
 * until nothing is added. Dates that are left, though K assets are observed on them, hang by a thread: the levels and turns of
 * factors there, and with them the means of assets seen there alone, move along a valley in which the squared errors hardly change.
 */
export function overlapOf(returns: Matrix, k: number): Overlap {
  const { rows: nDates, columns: n, data } = returns;
  const observed = (t: number, i: number): boolean => !isMissing(data[t * n + i]);
  const perDate = new Int32Array(nDates);
  const perAsset = new Int32Array(n);
  for (let t = 0; t < nDates; t++)
    for (let i = 0; i < n; i++)
      if (observed(t, i)) {
        perDate[t]++;
        perAsset[i]++;
      }
  const seed = perAsset.reduce((best, count, i) => (count > perAsset[best] ? i : best), 0);
  const enough = Math.max(k + 1, Math.min(FIRM * (k + 1), Math.floor(perAsset[seed] / 2)));
  const tiedDates = Uint8Array.from(perDate, (count, t) => (count >= k && observed(t, seed) ? 1 : 0));
  const tiedAssets = new Uint8Array(n);
  const shared = new Int32Array(n);
  for (let grown = true; grown;) {
    grown = false;
    shared.fill(0);
    for (let t = 0; t < nDates; t++)
      if (tiedDates[t] === 1) for (let i = 0; i < n; i++) if (observed(t, i)) shared[i]++;
    for (let i = 0; i < n; i++) if (shared[i] >= enough) tiedAssets[i] = 1;
    for (let t = 0; t < nDates; t++) {
      if (tiedDates[t] === 1) continue;
      let tied = 0;
      for (let i = 0; i < n; i++) if (tiedAssets[i] === 1 && observed(t, i)) tied++;
      if (tied < k) continue;
      tiedDates[t] = 1;
      grown = true;
    }
  }
  const loose = Array.from({ length: nDates }, (_, t) => t).filter((t) => tiedDates[t] === 0 && perDate[t] >= k);
  const looseAssets = Array.from({ length: n }, (_, i) => i).filter(
    (i) => tiedAssets[i] === 0 && loose.some((t) => observed(t, i)),
  );
  return {
    looseDates: loose.length,
    looseAssets,
    sharedDates: looseAssets.reduce((most, i) => Math.max(most, shared[i]), 0),
  };
}

/** What a fit says of dates that hang by a thread; undefined where none does. */
export function overlapNote(
  { looseDates, looseAssets, sharedDates }: Overlap,
  assetIds: readonly string[],
): string | undefined {
  if (looseDates === 0) return undefined;
  const names = someOf(looseAssets.map((i) => assetIds[i]));
  return (
    `Overlap too thin: on ${looseDates} dates returns come from ${names}, which share at most ${sharedDates} dates with the other assets. ` +
    'Factors there are hardly comparable with those of the other dates, nor are the means and loadings of those assets.'
  );
}

/**
 * Throws NotIdentifiedError, with the true cause, when no date has factor returns (T x K): too few observed assets, or assets whose
 * loadings do not tell the factors apart, as in groups that are never observed together.
 */
export function requireSomeFactors(
  returns: Matrix,
  factors: Matrix,
  { looseDates, looseAssets, sharedDates }: Overlap,
  assetIds: readonly string[],
): void {
  if (!factors.data.every(Number.isNaN)) return;
  const k = factors.columns;
  let most = 0;
  for (let t = 0; t < returns.rows; t++) {
    let count = 0;
    for (let i = 0; i < returns.columns; i++) if (!isMissing(returns.data[t * returns.columns + i])) count++;
    most = Math.max(most, count);
  }
  if (most < k)
    throw new NotIdentifiedError({
      field: 'returns',
      expected: `a date with at least ${k} observed assets`,
      found: `at most ${most}`,
      remedy: 'Lower nFactors or pass assets with fewer gaps.',
    });
  const groups =
    looseDates > 0
      ? `: ${someOf(looseAssets.map((i) => assetIds[i]))} share at most ${sharedDates} dates with the other assets`
      : '';
  throw new NotIdentifiedError({
    field: 'returns',
    expected: `a date whose observed assets tell ${k} factors apart`,
    found: `up to ${most} assets a date, with loadings on fewer factors${groups}`,
    remedy: 'Lower nFactors, fit groups of assets that are not observed together apart, or pass dates that they share.',
  });
}
