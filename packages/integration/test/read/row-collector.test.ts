import { describe, expect, it } from '@jest/globals';
import type { KeyDictionary } from '../../src/read/key-dictionary.ts';
import { RowCollector } from '../../src/read/row-collector.ts';

/** Two rows of one date: assets `first` and `first + 1`. */
function chunk(date: number, first: number) {
  const numbers = (...values: number[]) => ({
    values: Float64Array.from(values),
    validity: undefined,
    validityOffset: 0,
  });
  return {
    length: 2,
    timestamps: numbers(date, date),
    assets: {
      encode(dictionary: KeyDictionary, codes: Int32Array): void {
        for (let row = 0; row < 2; row++) codes[row] = dictionary.codeOf(`asset ${first + row}`);
      },
    },
    numbers: [numbers(date + first, -date)],
  };
}

const newCollector = () =>
  new RowCollector({
    timestampColumn: 'date',
    characteristicNames: ['x'],
    seriesNames: [],
    contextNames: [],
    dateRule: { ofText: Number, ofMilliseconds: (value) => value },
    missingNumbers: [],
    sort: false,
    namesRows: true,
    expectedRows: 1,
  });

const rowsOf = ({ nRows, dates, dateCodes, assets, assetCodes, characteristics }: RowCollector) =>
  Array.from({ length: nRows }, (_, row) => [
    dates[dateCodes[row]],
    assets.keys[assetCodes[row]],
    characteristics[row],
  ]);

describe('RowCollector.continuedFrom', () => {
  it('goes on with the rows from a date on, whether ids stay or change', () => {
    for (const step of [0, 1, 2]) {
      let rows = newCollector();
      for (let date = 0; date < 5; date++) {
        rows.add(chunk(date, date * step));
        if (date === 0) continue;
        rows = rows.continuedFrom(1);
        expect(rowsOf(rows)).toEqual([
          [date, `asset ${date * step}`, date + date * step],
          [date, `asset ${date * step + 1}`, -date],
        ]);
      }
    }
  });

  it('forgets assets that are gone', () => {
    let rows = newCollector();
    for (let date = 0; date < 200; date++) {
      rows.add(chunk(date, 2 * date));
      if (date > 0) rows = rows.continuedFrom(1);
    }
    expect(rows.assets.keys.length).toBeLessThan(12);
  });

  it('writes over the arrays of a collector that is done with, where they are large enough', () => {
    const first = newCollector();
    const after = (rows: RowCollector, date: number, spare?: RowCollector) => {
      rows.add(chunk(date, 0));
      rows.add(chunk(date + 1, 0));
      return rows.continuedFrom(rows.dates.length - 1, spare);
    };
    const second = after(first, 0);
    const third = after(second, 2, first);
    expect(third.characteristics).not.toBe(first.characteristics);
    const fourth = after(third, 4, second);
    expect(fourth.characteristics).toBe(second.characteristics);
    expect(rowsOf(fourth)).toEqual([
      [5, 'asset 0', 5],
      [5, 'asset 1', -5],
    ]);
  });

  it('does not code assets that stay afresh', () => {
    const rows = newCollector();
    rows.add(chunk(0, 0));
    rows.add(chunk(1, 0));
    expect(rows.continuedFrom(1).assets).toBe(rows.assets);
  });
});
