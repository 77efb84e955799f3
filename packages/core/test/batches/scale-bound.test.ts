import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PersistentPanelBatch, portfolioWindows } from '../../src/index.ts';
import type { VolatilityScaling } from '../../src/authoring/index.ts';
import { boundScales } from '../../src/batches/scale-bound.ts';
import { CounterRandom } from '../../src/nn/index.ts';

const [nDates, nAssets] = [160, 4];

/** Prices of three assets that move by a per cent a day, and of a fourth that the test makes. */
function panelWith(fourth: (t: number) => number, unit = 1): PersistentPanelBatch {
  const draw = new CounterRandom(3);
  const returns = Float64Array.from({ length: nDates * nAssets }, (_, cell) => {
    const move = 0.01 * draw.normal();
    return unit * (cell % nAssets === 3 ? fourth(Math.floor(cell / nAssets)) : move);
  });
  return new PersistentPanelBatch({
    timestamps: Float64Array.from({ length: nDates }, (_, t) => Date.UTC(2020, 0, 1 + t)),
    assetIds: ['a', 'b', 'c', 'd'],
    returns,
    characteristicNames: ['x'],
    characteristics: new Float64Array(nDates * nAssets),
  });
}

const scalesOf = (panel: PersistentPanelBatch, changes: Partial<VolatilityScaling> = {}) => {
  const volatility = { halfLife: 10, target: 0.1, ...changes } as VolatilityScaling;
  const { batch, cappedScales } = portfolioWindows(panel, { windowLength: 20, volatility });
  const own = [...(batch.volScale ?? [])].filter((_, cell) => batch.mask[cell] === 1 && cell % nAssets === 3);
  return { batch, cappedScales, largest: Math.max(...own) };
};

describe('the bound on volatility scales', () => {
  it.each([
    ['moves by a tick now and then', (t: number) => (t % 40 === 0 ? 2e-4 : t % 40 === 1 ? -2e-4 : 0)],
    ['stops after a while', (t: number) => (t < 60 ? 0.01 * Math.sin(t * t) : 0)],
    ['creeps', (t: number) => 1e-7 * Math.cos(t)],
  ])('holds a price that %s to ten times the usual scale, and counts it', (_, fourth) => {
    const free = scalesOf(panelWith(fourth), { maxScale: Infinity });
    const bound = scalesOf(panelWith(fourth));
    expect(free.cappedScales).toBe(0);
    expect(free.largest).toBeGreaterThan(3 * bound.largest);
    // The others have scales of about 10.
    expect(bound.largest).toBeLessThan(150);
    expect(bound.cappedScales).toBeGreaterThan(0);
    const cut = bound.batch.mask.filter(
      (usable, cell) => usable === 1 && (free.batch.volScale?.[cell] ?? 0) > (bound.batch.volScale?.[cell] ?? 0),
    ).length;
    expect(bound.cappedScales).toBe(cut);
  });

  it('leaves scales of ordinary assets alone, in any unit', () => {
    for (const unit of [1e-4, 1, 1e4]) {
      const panel = panelWith((t) => 0.003 * Math.sin(t * t), unit);
      const [bound, free] = [scalesOf(panel, { target: unit }), scalesOf(panel, { target: unit, maxScale: Infinity })];
      expect(bound.cappedScales).toBe(0);
      expect(bound.batch.volScale).toEqual(free.batch.volScale);
    }
  });

  it('knows no date after its own', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.1, max: 1e6, noNaN: true }), { minLength: 8, maxLength: 40 }),
        (values) => {
          const rows = Math.floor(values.length / 2);
          const all = Float64Array.from(values.slice(0, 2 * rows));
          const early = all.slice(0, 2 * Math.ceil(rows / 2));
          const cut = early.slice();
          boundScales(all, 2, undefined);
          boundScales(cut, 2, undefined);
          expect(all.slice(0, cut.length)).toEqual(cut);
        },
      ),
    );
  });

  it('is the caller’s where there is one', () => {
    const scales = Float64Array.of(1, 5, Number.NaN, 7);
    expect([...boundScales(scales, 2, 4)]).toEqual([0, 1, 0, 1]);
    expect([...scales]).toEqual([1, 4, Number.NaN, 4]);
  });
});
