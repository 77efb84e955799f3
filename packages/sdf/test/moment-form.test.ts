import { describe, expect, it } from '@jest/globals';
import { momentForm } from '../src/sdf/moment-form.ts';
import { pricingRows } from '../src/sdf/pricing-rows.ts';
import { smallPanel } from './small.ts';

describe('momentForm', () => {
  const batch = smallPanel({ nDates: 7, nAssets: 5 });
  const rows = pricingRows(batch, true, 'batch');
  const dates = rows.offsets.length - 1;
  const discount = Float64Array.from({ length: dates }, (_, t) => 1 - 0.3 * Math.sin(t));

  /** `(1/N) (1/K) sum_i sum_k (T_i / max T) ((1/T_i) sum_t M_t r_it g_itk)^2`, written out. */
  function definition(instruments: number, g: (row: number, k: number) => number): number {
    const counts = Array.from({ length: rows.nAssets }, (_, i) => rows.assets.filter((asset) => asset === i).length);
    const most = Math.max(...counts);
    let loss = 0;
    for (let i = 0; i < rows.nAssets; i++)
      for (let k = 0; k < instruments; k++) {
        let moment = 0;
        for (let t = 0; t < dates; t++)
          for (let row = rows.offsets[t]; row < rows.offsets[t + 1]; row++)
            if (rows.assets[row] === i) moment += (discount[t] * rows.returns[row] * g(row, k)) / counts[i];
        loss += (counts[i] / most) * moment ** 2;
      }
    return loss / (rows.nAssets * instruments);
  }

  const value = (form: Float64Array): number => {
    let sum = 0;
    for (let t = 0; t < dates; t++)
      for (let s = 0; s < dates; s++) sum += discount[t] * form[t * dates + s] * discount[s];
    return sum;
  };

  it("gives the weighted mean squared pricing error as M'Q M, on a panel with absent assets", () => {
    expect(rows.returns.length).toBeLessThan(7 * 5);
    expect(value(momentForm(rows, undefined))).toBeCloseTo(
      definition(1, () => 1),
      14,
    );
    const g = (row: number, k: number): number => Math.cos(row + 2 * k);
    const instruments = Float32Array.from({ length: 3 * rows.returns.length }, (_, at) =>
      g(Math.floor(at / 3), at % 3),
    );
    const exact = definition(3, (row, k) => instruments[3 * row + k]);
    expect(Math.abs(value(momentForm(rows, instruments)) / exact - 1)).toBeLessThan(1e-12);
  });

  it('does not depend on how many assets are held at a time', () => {
    // 40 dates and 3000 instruments: a block has room for eight of the twelve assets.
    const wide = pricingRows(smallPanel({ nDates: 40, nAssets: 12 }), true, 'batch');
    const rowsOf = wide.returns.length;
    const g = Float32Array.from({ length: 3000 * rowsOf }, (_, at) => (Math.floor(at / 3000) % 7) - 3);
    // All instruments are alike, so their mean is the form of one.
    const one = momentForm(
      wide,
      Float32Array.from({ length: rowsOf }, (_, row) => (row % 7) - 3),
    );
    const many = momentForm(wide, g);
    expect(Math.max(...many.map((q, at) => Math.abs(q - one[at])))).toBeLessThan(1e-12 * Math.max(...one));
  });
});
