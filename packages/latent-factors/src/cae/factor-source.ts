import type { CrossSectionBatch } from '@ml4t/core';
import type { CAEConfig, FactorSource } from './config.ts';

/** Complete rows of the median date, in multiples of K, from which on factors are regressed on betas. */
const WIDE = 10;

/** Where the factor returns of a fit come from, and why, where the configuration leaves it open. */
export interface ChosenSource {
  readonly factors: FactorSource;
  /** Empty when nothing was left open. */
  readonly note: string;
}

/**
 * Decides `factors: 'auto'`. A linear factor network can only make factors that are portfolios of its portfolios: where betas are not
 * linear in characteristics these do not span them, while a regression on the network's own betas always does. The
 * regression has K free numbers a date, so that it needs cross-sections that are wide for them; with fewer than
 * 10 K complete rows at the median date, noise decides and the shared weights of the factor network do better. Portfolios of the caller's and
 * mini-batches of single rows leave the factor network alone. Runs: docs/decisions/defaults.md.
 */
export function factorSource(
  { factors, batching, nFactors }: Pick<CAEConfig, 'factors' | 'batching' | 'nFactors'>,
  batch: CrossSectionBatch,
  givenPortfolios: boolean,
): ChosenSource {
  if (factors !== 'auto') return { factors, note: '' };
  const choose = (chosen: FactorSource, because: string): ChosenSource => ({
    factors: chosen,
    note: `factors: 'auto' became '${chosen}': ${because}.`,
  });
  if (givenPortfolios) return choose('managed', 'portfolios were given');
  if (batching === 'rows') return choose('managed', 'mini-batches are of single rows');
  const rows = medianRows(batch);
  const found = `the median date has ${rows} complete rows for ${nFactors} factors`;
  return choose(rows >= WIDE * nFactors ? 'regression' : 'managed', found);
}

/** Rows with complete characteristics and a return at the median of the dates that have any; 0 without. */
function medianRows({ index, nCharacteristics: p, characteristics, returns }: CrossSectionBatch): number {
  const counts: number[] = [];
  for (let t = 0; t < index.nDates; t++) {
    let count = 0;
    for (let row = index.rowOffsets[t]; row < index.rowOffsets[t + 1]; row++) {
      // A sum is NaN as soon as one of its terms is.
      let probe = 0 * (returns?.[row] ?? Number.NaN);
      for (let j = row * p; j < (row + 1) * p; j++) probe += 0 * characteristics[j];
      if (probe === 0) count++;
    }
    if (count > 0) counts.push(count);
  }
  counts.sort((a, b) => a - b);
  return counts.length === 0 ? 0 : counts[Math.floor(counts.length / 2)];
}
