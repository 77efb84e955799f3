import { PanelIndex, Random } from '@ml4t/core';
import type { FeaturePanel } from '../src/index.ts';

const DAY = 86_400_000;

/** A ragged daily panel with gaps, missing values and ties: prices of a given size and moves, volumes, two sectors and none. */
export function randomPanel(
  seed: number,
  { nDates = 80, nAssets = 5, price = 50, move = 0.02, missing = 0.05 } = {},
): FeaturePanel {
  const random = new Random(seed);
  const days: number[] = [];
  for (let day = Date.UTC(2020, 0, 1); days.length < nDates; day += DAY)
    if (![0, 6].includes(new Date(day).getUTCDay())) days.push(day);
  const rowOffsets = [0];
  const assetIndex: number[] = [];
  const columns: Record<'close' | 'volume', number[]> = { close: [], volume: [] };
  const sector: (string | null)[] = [];
  const levels = Array.from({ length: nAssets }, () => price * (1 + random.uniform()));
  const listed = Array.from({ length: nAssets }, (_, i) => (i === 0 ? 0 : Math.floor(random.uniform() * nDates * 0.4)));
  for (let t = 0; t < nDates; t++) {
    for (let i = 0; i < nAssets; i++) {
      levels[i] += price * move * (random.normal() + 0.1);
      if (t < listed[i] || random.uniform() < missing) continue;
      assetIndex.push(i);
      columns.close.push(random.uniform() < missing ? Number.NaN : levels[i]);
      // Whole numbers, so that there are ties.
      columns.volume.push(Math.floor(10 * random.uniform()));
      sector.push(i === nAssets - 1 ? null : i % 2 === 0 ? 'even' : 'odd');
    }
    rowOffsets.push(assetIndex.length);
  }
  const index = new PanelIndex({
    timestamps: Float64Array.from(days),
    rowOffsets: Int32Array.from(rowOffsets),
    assetIndex: Int32Array.from(assetIndex),
    assetIds: Array.from({ length: nAssets }, (_, i) => `a${i}`),
  });
  return { index, columns, groups: { sector } };
}

/** The dates `from … to - 1` of a panel, as if nothing else had been read. */
export function partOf({ index, columns, groups = {} }: FeaturePanel, from: number, to: number): FeaturePanel {
  const [first, last] = [index.rowOffsets[from], index.rowOffsets[to]];
  const cut = <T>(values: Readonly<Record<string, ArrayLike<T>>>): Record<string, T[]> =>
    Object.fromEntries(Object.entries(values).map(([name, column]) => [name, Array.from(column).slice(first, last)]));
  return { index: index.slice(from, to), columns: cut(columns), groups: cut(groups) };
}
