import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ConfigError } from '../../src/errors.ts';
import { CounterRandom } from '../../src/nn/index.ts';
import {
  constantRate,
  cosineRate,
  dateBatches,
  EarlyStopping,
  exponentialRate,
  gatherRows,
  miniBatches,
  rowsOfDates,
} from '../../src/train/index.ts';

describe('schedules', () => {
  it('constant, cosine, exponential', () => {
    expect(constantRate(9, 10)).toBe(1);
    const cosine = cosineRate({ floor: 0.1 });
    expect(cosine(1, 10)).toBe(1);
    expect(cosine(6, 10)).toBeCloseTo(0.55, 12);
    expect(cosineRate({ warmup: 3 })(2, 10)).toBe(0.5);
    expect(exponentialRate(0.5)(3, 10)).toBe(0.25);
    expect(() => exponentialRate(2)).toThrow(ConfigError);
  });
});

describe('batches', () => {
  it('cover every row once, in balanced batches', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 90 }), (rows, size) => {
        const batches = [...miniBatches(rows, size, new CounterRandom(1))];
        const lengths = batches.map((batch) => batch.length);
        expect(batches.flatMap((batch) => [...batch]).sort((a, b) => a - b)).toEqual([...Array(rows).keys()]);
        expect(Math.max(...lengths)).toBeLessThanOrEqual(size);
        expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('write their order where they are told to', () => {
    const order = new Int32Array(10);
    const batches = [...miniBatches(10, 4, new CounterRandom(1), order)];
    expect(batches.flatMap((batch) => [...batch])).toEqual([...order]);
    expect(batches.every(({ buffer }) => buffer === order.buffer)).toBe(true);
    expect(batches).toEqual([...miniBatches(10, 4, new CounterRandom(1))]);
  });

  it('are gathered from a panel in either precision', () => {
    const panel = [0.1, 1, 2, 3, 4, 5];
    const into = new Float32Array(5).fill(9);
    gatherRows(Float64Array.from(panel), 2, Int32Array.of(2, 0), into);
    expect([...into]).toEqual([4, 5, Math.fround(0.1), 1, 9]);
    const wide = new Float64Array(2);
    gatherRows(Float32Array.from(panel), 2, Int32Array.of(0), wide);
    expect([...wide]).toEqual([Math.fround(0.1), 1]);
  });

  it.each([1, 2, 6, 7, 94])('gather float32 rows of %i numbers as they are, whatever is next to a NaN', (width) => {
    const numbers = new CounterRandom(3);
    const panel = Float32Array.from({ length: 50 * width + 1 }, (_, i) => (i % 5 === 3 ? NaN : numbers.uniform()));
    const rows = Int32Array.from({ length: 37 }, () => numbers.integer(49));
    for (const offset of [0, 1]) {
      const source = panel.subarray(offset);
      const into = new Float32Array(rows.length * width + 1).fill(9);
      gatherRows(source, width, rows, into);
      expect([...into]).toEqual([
        ...[...rows].flatMap((row) => [...source.subarray(row * width, (row + 1) * width)]),
        9,
      ]);
    }
  });

  it('of whole dates cover every date once', () => {
    const offsets = Int32Array.of(0, 3, 3, 10, 12, 20);
    const batches = [...dateBatches(offsets, 8, new CounterRandom(2))];
    expect(batches.flatMap((batch) => [...batch]).sort()).toEqual([0, 1, 2, 3, 4]);
    const { rows, offsets: starts } = rowsOfDates(offsets, Int32Array.of(0, 3));
    expect([...rows]).toEqual([0, 1, 2, 10, 11]);
    expect([...starts]).toEqual([0, 3, 5]);
  });
});

describe('early stopping', () => {
  it('compares a smoothed criterion with the best smoothed one', () => {
    // Rises all the time: a lagging average compared with the best raw value would stop here.
    const rising = new EarlyStopping({ goal: 'maximize', smoothing: 0.8, patience: 2 });
    for (let epoch = 1; epoch <= 30; epoch++) expect(rising.observe(epoch, epoch)).toEqual({ best: true, stop: false });
  });

  it('ignores the first epochs, small improvements and numbers that are not', () => {
    const watch = new EarlyStopping({ ignoreFirst: 2, minimumImprovement: 0.5, patience: 3 });
    expect(watch.observe(1, -100)).toEqual({ best: false, stop: false });
    expect(watch.observe(2, -100)).toEqual({ best: false, stop: false });
    expect(watch.observe(3, 5)).toEqual({ best: true, stop: false });
    expect(watch.observe(4, 4.8)).toEqual({ best: false, stop: false });
    expect(watch.observe(5, NaN)).toEqual({ best: false, stop: false });
    expect(watch.observe(6, 4.6)).toEqual({ best: false, stop: true });
  });
});
