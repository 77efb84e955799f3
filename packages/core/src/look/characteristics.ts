import type { CrossSectionBatch } from '../batches/cross-section.ts';
import { hasVariation } from '../variation.ts';
import type { PanelFinding } from './finding.ts';
import { missingCode } from './missing-code.ts';
import { percentOf } from './returns.ts';
import { sortedQuantile, sortedValues, type SampledDate } from './sampled-panel.ts';

/** A characteristic known for fewer rows than this says more about who reports it than about returns. */
const LEAST_KNOWN = 0.1;
/** Share of the variation that the largest 1 % make: .06 of a normal, .37 of a lognormal with deviation 1, .95 with 2, as market values. */
const HEAVY = 0.7;

/** What is odd about the characteristics themselves. `isRanked`: a later step ranks, or winsorises, each cross-section. */
export function lookAtCharacteristics(
  batch: CrossSectionBatch,
  dates: readonly SampledDate[],
  isRanked: boolean,
): readonly PanelFinding[] {
  const p = batch.nCharacteristics;
  const total = dates.reduce((sum, { rows }) => sum + rows.length, 0);
  const findings: PanelFinding[] = [];
  batch.characteristicNames.forEach((name, j) => {
    const at = (row: number): number => batch.characteristics[row * p + j];
    const found = countsRows(batch.nRows, at) ? rowNumber(name) : lookAtOne(name, at, dates, total, isRanked);
    if (found) findings.push(found);
  });
  return [...findings, ...lookForDuplicates(batch, dates)];
}

/** True of consecutive whole numbers, each once, whatever the order of the rows: the index of a data frame, under any name. */
function countsRows(nRows: number, at: (row: number) => number): boolean {
  let least = Infinity;
  for (let row = 0; row < nRows; row++) {
    const value = at(row);
    if (!Number.isInteger(value)) return false;
    if (value < least) least = value;
  }
  const seen = new Uint8Array(nRows);
  for (let row = 0; row < nRows; row++) {
    const place = at(row) - least;
    if (place >= nRows || seen[place] === 1) return false;
    seen[place] = 1;
  }
  return nRows >= 10;
}

const rowNumber = (name: string): PanelFinding => ({
  code: 'row-number',
  severity: 'warning',
  columns: [name],
  evidence: `${name} holds consecutive whole numbers, each once: it counts the rows of the file`,
  remedy: `Exclude ${name}: it knows the date and the order of the assets, nothing else.`,
});

function lookAtOne(
  name: string,
  at: (row: number) => number,
  dates: readonly SampledDate[],
  total: number,
  isRanked: boolean,
): PanelFinding | undefined {
  const columns = [name];
  const values = sortedValues(dates, at);
  if (values.length < LEAST_KNOWN * total)
    return {
      code: 'sparse',
      severity: 'warning',
      columns,
      evidence: `${name} is known for ${percentOf(values.length, total)} of the rows`,
      remedy: `Exclude ${name}, or start the panel where it is known.`,
    };
  const code = missingCode(values, 2);
  if (code)
    return {
      code: 'missing-code',
      severity: 'warning',
      columns,
      evidence: `${code.count} of ${values.length} values of ${name} are ${code.value}, far from all others`,
      remedy: 'Say that the number means missing (missingValues), or make it empty.',
    };
  if (!hasVariation(values))
    return {
      code: 'constant',
      severity: 'warning',
      columns,
      evidence: `every value of ${name} is ${values[0]}`,
      remedy: `Exclude ${name}: models add their own constant.`,
    };
  if (isContext(dates, at))
    return {
      code: 'no-cross-section',
      severity: 'warning',
      columns,
      evidence: `${name} has one value for all assets on each date`,
      remedy: `Name ${name} as context: it describes the date, not the assets.`,
    };
  const share = isRanked ? 0 : shareOfLargest(values);
  if (share > HEAVY)
    return {
      code: 'heavy-tail',
      severity: 'warning',
      columns,
      evidence: `the largest 1 % of ${name} make ${(100 * share).toFixed(0)} % of its variation`,
      remedy:
        'Rank or winsorise each cross-section before a linear or a neural model (preprocessing: [rank-normalize]).',
    };
  return undefined;
}

/** Whether all assets share one value on every date that has several. */
function isContext(dates: readonly SampledDate[], at: (row: number) => number): boolean {
  let compared = 0;
  for (const { rows } of dates) {
    let first = Number.NaN;
    for (const row of rows) {
      const value = at(row);
      if (Number.isNaN(value)) continue;
      if (Number.isNaN(first)) first = value;
      else if (value !== first) return false;
      else compared++;
    }
  }
  return compared > 0;
}

/** Share of the sum of squares about the median that the 1 % furthest from it make. */
function shareOfLargest(sorted: Float64Array): number {
  const count = Math.floor(sorted.length / 100);
  if (count < 1) return 0;
  const centre = sortedQuantile(sorted, 0.5);
  const squares = sorted.map((value) => (value - centre) * (value - centre)).sort();
  const sum = (from: number): number => {
    let total = 0;
    for (let i = from; i < squares.length; i++) total += squares[i];
    return total;
  };
  const all = sum(0);
  return all > 0 ? sum(squares.length - count) / all : 0;
}

/** Pairs of characteristics that agree in every row looked at, by a digest of their values. */
function lookForDuplicates(batch: CrossSectionBatch, dates: readonly SampledDate[]): readonly PanelFinding[] {
  const p = batch.nCharacteristics;
  const first = new Map<string, string>();
  return batch.characteristicNames.flatMap((name, j) => {
    const key = fingerprint(dates, (row) => batch.characteristics[row * p + j]);
    if (key === undefined) return [];
    const twin = first.get(key);
    if (twin === undefined) {
      first.set(key, name);
      return [];
    }
    return {
      code: 'duplicate-characteristic' as const,
      severity: 'note' as const,
      columns: [twin, name],
      evidence: `${twin} and ${name} have the same values`,
      remedy: `Exclude ${name}.`,
    };
  });
}

/** A text that equal columns share: sums of the values with pseudo-random weights; undefined for an empty column. */
function fingerprint(dates: readonly SampledDate[], at: (row: number) => number): string | undefined {
  let [n, sum, weighted, weight] = [0, 0, 0, 1];
  for (const { rows } of dates)
    for (const row of rows) {
      const value = at(row);
      // A multiplicative generator modulo 2^31 - 1 (Park and Miller): each row has its own weight.
      weight = (weight * 48271) % 2147483647;
      if (Number.isNaN(value)) continue;
      n++;
      sum += value;
      weighted += value * (weight / 2147483647);
    }
  return n === 0 ? undefined : `${n}/${sum}/${weighted}`;
}
