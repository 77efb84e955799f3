import { describe, expect, it } from '@jest/globals';
import {
  CrossSectionBatch,
  PersistentPanelBatch,
  Random,
  findReturnOverlap,
  lookAtPanel,
  walkForward,
} from '../../src/index.ts';
import { overlapNotes } from '../../src/authoring/index.ts';

const day = 86_400_000;

interface Design {
  readonly seed: number;
  readonly nAssets: number;
  readonly nDates: number;
  /** Of one-date returns: their dependence on the one before, and on its shock. */
  readonly ar?: number;
  readonly ma?: number;
  /** Dates that each return is summed over. */
  readonly horizon?: number;
  readonly missing?: number;
}

/** Returns with a common factor, T x N. */
function returnsOf({ seed, nAssets, nDates, ar = 0, ma = 0, horizon = 1, missing = 0 }: Design): number[][] {
  const random = new Random(seed);
  const series = (): number[] => {
    let [value, shock] = [0, 0];
    return Array.from({ length: nDates + horizon + 50 }, () => {
      const next = random.normal();
      value = ar * value + next + ma * shock;
      shock = next;
      return value;
    }).slice(50);
  };
  const common = series();
  const own = Array.from({ length: nAssets }, series);
  return Array.from({ length: nDates }, (_, t) =>
    own.map((values) => {
      let sum = 0;
      for (let s = t; s < t + horizon; s++) sum += 0.5 * common[s] + values[s];
      return random.uniform() < missing ? Number.NaN : sum / 100;
    }),
  );
}

function panelOf(design: Design, stated?: number): PersistentPanelBatch {
  const returns = returnsOf(design);
  return new PersistentPanelBatch({
    timestamps: Float64Array.from(returns, (_, t) => t * day),
    returns,
    returnHorizon: stated,
  });
}

describe('findReturnOverlap', () => {
  it('names the horizon of returns that overlap, and never another one', () => {
    let found = 0;
    for (const horizon of [2, 3, 5, 10, 21])
      for (const ar of [0, 0.1, -0.1])
        for (let seed = 1; seed <= 2; seed++) {
          const panel = panelOf({ seed, nAssets: 25, nDates: 400, horizon, ar, missing: 0.1 });
          const overlap = findReturnOverlap(panel);
          if (!overlap) continue;
          found++;
          expect(overlap.horizon).toBe(horizon);
          expect(overlap.expected[0]).toBe((horizon - 1) / horizon);
          expect(Math.abs(overlap.autocorrelations[0] - overlap.expected[0])).toBeLessThan(0.15);
          expect(overlap.pairs).toBeGreaterThan(5000);
        }
    // Of 30. Detection is a matter of sampling; a wrong horizon would be a matter of method.
    expect(found).toBeGreaterThanOrEqual(28);
  });

  it('is silent where the overlap is stated, or more', () => {
    for (const horizon of [2, 5, 21]) {
      const design = { seed: 1, nAssets: 25, nDates: 400, horizon };
      expect(findReturnOverlap(panelOf(design, horizon - 1))?.horizon).toBe(horizon);
      expect(findReturnOverlap(panelOf(design, horizon))).toBeUndefined();
      expect(findReturnOverlap(panelOf(design, horizon + 1))).toBeUndefined();
    }
  });

  it('takes persistence for persistence: no alarm on autoregressions and moving averages, in small samples too', () => {
    let alarms = 0;
    let panels = 0;
    for (const [nAssets, nDates] of [
      [1, 60],
      [1, 250],
      [4, 120],
      [25, 60],
      [25, 260],
    ])
      for (const process of [
        {},
        { ar: 0.3 },
        { ar: 0.6 },
        { ar: 0.9 },
        { ar: 0.99 },
        { ar: -0.5 },
        { ma: 0.4 },
        { ma: -0.5 },
      ])
        for (let seed = 1; seed <= 10; seed++) {
          panels++;
          if (findReturnOverlap(panelOf({ seed, nAssets, nDates, ...process }))) alarms++;
        }
    expect(panels).toBe(400);
    expect(alarms).toBe(0);
  });

  it('says nothing of what is too short, empty, or does not move', () => {
    expect(findReturnOverlap(panelOf({ seed: 1, nAssets: 3, nDates: 7, horizon: 3 }))).toBeUndefined();
    for (const value of [0, Number.NaN, 0.01])
      expect(
        findReturnOverlap(
          new PersistentPanelBatch({
            timestamps: Float64Array.from({ length: 200 }, (_, t) => t * day),
            returns: Array.from({ length: 200 }, () => [value, value]),
          }),
        ),
      ).toBeUndefined();
  });

  it('does not depend on the unit of returns', () => {
    const panel = panelOf({ seed: 3, nAssets: 10, nDates: 200, horizon: 5 });
    for (const unit of [1e-6, 100, 1e6])
      expect(
        findReturnOverlap(
          new PersistentPanelBatch({
            timestamps: panel.timestamps,
            assetIds: panel.assetIds,
            returns: panel.returns.map((r) => r * unit),
          }),
        )?.horizon,
      ).toBe(5);
  });
});

describe('an overlap that was not stated is warned of', () => {
  const returns = returnsOf({ seed: 7, nAssets: 30, nDates: 200, horizon: 5 });
  const batch = (returnHorizon: number): CrossSectionBatch =>
    CrossSectionBatch.fromDense({
      timestamps: Float64Array.from(returns, (_, t) => t * day),
      characteristics: returns.map((row, t) => row.map((_, i) => [Math.sin(i * 7 + t / 9)])),
      returns,
      returnLag: 0,
      returnHorizon,
    });

  it('by a look at the panel', () => {
    const [finding] = lookAtPanel(batch(1)).filter(({ code }) => code === 'overlap');
    expect(finding).toMatchObject({ severity: 'warning', columns: ['returns'] });
    expect(finding.evidence).toMatch(
      /at lag 1 \(0\.80\).*at lag 5 \(0\.00\), as that of returns over 5 dates does.*the panel says 1$/,
    );
    expect(finding.remedy).toMatch(/returnHorizon: 5/);
    expect(lookAtPanel(batch(5)).filter(({ code }) => code === 'overlap')).toEqual([]);
  });

  it('by a walk-forward', async () => {
    const walk = (on: CrossSectionBatch): Promise<readonly string[]> =>
      walkForward({
        batch: on,
        splits: [{ train: { from: 0, to: 100 }, test: { from: 110, to: 200 } }],
        create: () => ({
          fit: () => Promise.resolve({} as never),
          predict: (rows: CrossSectionBatch) => Promise.resolve(rows),
        }),
        columns: () => ({}),
      }).then(({ notes }) => notes);
    expect(await walk(batch(1))).toEqual(overlapNotes(batch(1)));
    expect((await walk(batch(1)))[0]).toMatch(/^Returns seem to overlap: .*State returnHorizon: 5/);
    expect(await walk(batch(5))).toEqual([]);
    expect(overlapNotes({})).toEqual([]);
  });
});
