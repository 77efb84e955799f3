import type { CrossSectionBatch } from '@ml4t/core';

/** What a column holds, over the rows in which it is known. */
export interface ColumnFacts {
  readonly name: string;
  /** Share of the rows. */
  readonly known: number;
  readonly mean: number;
  readonly sd: number;
  readonly least: number;
  readonly most: number;
}

export function columnFacts(name: string, n: number, at: (row: number) => number): ColumnFacts {
  let [count, mean, squares, least, most] = [0, 0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let row = 0; row < n; row++) {
    const value = at(row);
    if (Number.isNaN(value)) continue;
    count++;
    const step = value - mean;
    mean += step / count;
    squares += step * (value - mean);
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return { name, known: count / n, mean, sd: Math.sqrt(squares / (count - 1)), least, most };
}

/** The facts of every characteristic of a panel. */
export function characteristicFacts(batch: CrossSectionBatch): readonly ColumnFacts[] {
  const p = batch.nCharacteristics;
  return batch.characteristicNames.map((name, j) =>
    columnFacts(name, batch.nRows, (row) => batch.characteristics[row * p + j]),
  );
}
