import type { CrossSectionBatch } from '../batches/cross-section.ts';
import type { PanelFinding } from './finding.ts';
import { percentOf } from './returns.ts';

const YEAR = 365.25 * 86_400_000;
/** Among fewer assets, or over a shorter time, it is no surprise that all of them stay. */
const SURVIVORS = 30;
const SURVIVAL_YEARS = 3;

/** What is odd about which assets there are, and when. */
export function lookAtAssets(batch: CrossSectionBatch): readonly PanelFinding[] {
  return [...lookForSimilarIds(batch.assetIds), ...lookAtExits(batch)];
}

function lookForSimilarIds(assetIds: readonly string[]): readonly PanelFinding[] {
  const first = new Map<string, string>();
  const pairs: string[] = [];
  for (const id of assetIds) {
    const key = id.trim().replace(/\s+/g, ' ').toLowerCase();
    const twin = first.get(key);
    if (twin === undefined) first.set(key, id);
    else pairs.push(`${JSON.stringify(twin)} and ${JSON.stringify(id)}`);
  }
  if (pairs.length === 0) return [];
  const more = pairs.length > 3 ? ` and ${pairs.length - 3} more pairs` : '';
  return [
    {
      code: 'similar-ids',
      severity: 'warning',
      columns: [],
      evidence: `assets differ by case or spaces alone: ${pairs.slice(0, 3).join(', ')}${more}`,
      remedy: 'Write each asset in one way, or they are two assets with half a history each.',
    },
  ];
}

function lookAtExits({ index, returns }: CrossSectionBatch): readonly PanelFinding[] {
  const { nDates, nAssets, rowOffsets, assetIndex, timestamps } = index;
  const lastDate = new Int32Array(nAssets).fill(-1);
  const lastRow = new Int32Array(nAssets).fill(-1);
  for (let t = 0; t < nDates; t++)
    for (let row = rowOffsets[t]; row < rowOffsets[t + 1]; row++) {
      lastDate[assetIndex[row]] = t;
      lastRow[assetIndex[row]] = row;
    }
  const listed = lastDate.filter((date) => date >= 0).length;
  let [left, withoutReturn] = [0, 0];
  for (let asset = 0; asset < nAssets; asset++) {
    if (lastDate[asset] < 0 || lastDate[asset] >= nDates - 1) continue;
    left++;
    if (returns && Number.isNaN(returns[lastRow[asset]])) withoutReturn++;
  }
  const years = nDates > 0 ? (timestamps[nDates - 1] - timestamps[0]) / YEAR : 0;
  if (left === 0 && listed >= SURVIVORS && years >= SURVIVAL_YEARS)
    return [
      {
        code: 'survivorship',
        severity: 'note',
        columns: [],
        evidence: `none of ${listed} assets leaves in ${years.toFixed(1)} years`,
        remedy: 'Add the assets that were delisted: a panel of survivors earns what nobody earned.',
      },
    ];
  if (withoutReturn > 0)
    return [
      {
        code: 'delisting',
        severity: 'note',
        columns: ['returns'],
        evidence: `${withoutReturn} of ${left} assets that leave (${percentOf(withoutReturn, left)}) have no return on their last date`,
        remedy: 'Pass delisting returns, or a rule for them: what is missing is more often a loss than not.',
      },
    ];
  return [];
}
