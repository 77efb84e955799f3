import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CrossSectionBatch, lookAtPanel, Random, type FindingCode } from '../../src/index.ts';
import { isLabelName } from '../../src/authoring/index.ts';
import { simulateConditionalFactorPanel, simulateNonlinearSignalPanel } from '../../src/simulate/index.ts';

type Row = { t: number; i: number; ret: number };
interface Design {
  readonly nAssets?: number;
  readonly nDates?: number;
  /** Further characteristics of a row, given its return and the next one of its asset. */
  readonly extra?: (row: Row & { next: number; price: number }, random: Random) => Record<string, number>;
  readonly returnOf?: (ret: number, row: number) => number;
  readonly ids?: (i: number) => string;
  readonly isListed?: (t: number, i: number) => boolean;
  readonly isReported?: (t: number, i: number) => boolean;
}

/** Monthly simple returns with volatility 8 %, two honest characteristics, and whatever a test adds. */
function panelOf(design: Design = {}): CrossSectionBatch {
  const { nAssets = 60, nDates = 40 } = design;
  const random = new Random(7);
  const ret = Array.from({ length: nDates + 1 }, () =>
    Array.from({ length: nAssets }, () => Math.expm1(0.08 * random.normal())),
  );
  const price = Array.from({ length: nAssets }, () => 40 * Math.exp(random.normal()));
  const columns: Record<string, number[]> = {};
  const [timestamps, assets, returns]: [number[], string[], number[]] = [[], [], []];
  for (let t = 0; t < nDates; t++)
    for (let i = 0; i < nAssets; i++) {
      const now = { t, i, ret: ret[t][i], next: ret[t + 1][i], price: price[i] };
      price[i] *= 1 + ret[t][i];
      const honest = { mom: random.normal(), bm: Math.exp(0.5 * random.normal()) };
      const more = design.extra?.(now, random) ?? {};
      if (!(design.isListed?.(t, i) ?? i !== t)) continue;
      timestamps.push(Date.UTC(2000, t + 1, 0));
      assets.push(design.ids?.(i) ?? `asset ${i}`);
      returns.push(
        design.isReported?.(t, i) === false ? Number.NaN : (design.returnOf?.(now.ret, returns.length) ?? now.ret),
      );
      for (const [name, value] of Object.entries({ ...honest, ...more })) (columns[name] ??= []).push(value);
    }
  return CrossSectionBatch.fromRows({ timestamps, assets, returns, returnLag: 0, characteristics: columns });
}

const codes = (batch: CrossSectionBatch, options?: Parameters<typeof lookAtPanel>[1]): FindingCode[] =>
  lookAtPanel(batch, options).map(({ code }) => code);

describe('lookAtPanel', () => {
  it('finds nothing in an honest panel, whatever the seed of its characteristics', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = new Random(seed >>> 0);
        expect(codes(panelOf({ extra: () => ({ noise: random.normal(), other: random.uniform() }) }))).toEqual([]);
      }),
      { numRuns: 15 },
    );
  });

  it.each([
    ['percent', (r: number) => 100 * r, 'percent-returns'],
    ['basis points', (r: number) => 10_000 * r, 'percent-returns'],
    ['one added', (r: number) => 1 + r, 'gross-returns'],
    ['a code in every fiftieth row', (r: number, row: number) => (row % 50 === 0 ? -99.99 : r), 'missing-code'],
    ['one code', (r: number, row: number) => (row === 600 ? -99 : r), 'missing-code'],
    ['one return of -150 %', (r: number, row: number) => (row === 600 ? -1.5 : r), 'impossible-returns'],
    ['zeros where nothing was read', (r: number, row: number) => (row % 10 === 0 ? r : 0), 'stale-returns'],
  ] as const)('finds returns with %s', (_, returnOf, code) => {
    expect(codes(panelOf({ returnOf }))).toEqual([code]);
  });

  it('takes fractions of any usual size for fractions, and percent of the same for percent', () => {
    // From a quiet currency's 1 % a month to a small coin's 60 %; money markets in percent look like stocks in fractions.
    fc.assert(
      fc.property(fc.double({ min: 0.13, max: 7, noNaN: true }), (scale) => {
        expect(codes(panelOf({ returnOf: (r) => Math.max(-0.99, scale * r) }))).toEqual([]);
        expect(codes(panelOf({ returnOf: (r) => 100 * scale * r }))).toContain('percent-returns');
        expect(codes(panelOf({ returnOf: (r) => 1 + Math.max(-0.99, scale * r) }))).toEqual(['gross-returns']);
      }),
      { numRuns: 10 },
    );
  });

  it.each([
    ['is the return', ({ ret }: Row) => ret],
    ['is the return in percent', ({ ret }: Row) => 100 * ret],
    ['falls where the return rises', ({ ret }: Row) => Math.exp(-ret)],
    ['is its sign', ({ ret }: Row) => Math.sign(ret)],
    ['is its square', ({ ret }: Row) => ret * ret],
    ['is the return after next', ({ next }: Row & { next: number }) => next],
    ['is a return over the two', ({ ret, next }: Row & { next: number }) => (1 + ret) * (1 + next) - 1],
    ['knows half of it', ({ ret }: Row, random: Random) => ret + 0.14 * random.normal()],
  ] as const)('finds a characteristic that %s', (_, leak) => {
    const found = lookAtPanel(panelOf({ extra: (row, random) => ({ factor9: leak(row, random) }) }));
    expect(found.map(({ code, columns }) => [code, ...columns])).toEqual([['leak', 'factor9']]);
  });

  it('lets the return of the date before stand: it is known', () => {
    const before = new Map<number, number>();
    const extra = ({ i, ret }: Row): Record<string, number> => {
      const known = before.get(i) ?? 0.01;
      before.set(i, ret);
      return { reversal: known };
    };
    expect(codes(panelOf({ extra }))).toEqual([]);
  });

  it.each([
    'ret_fwd1m',
    'RET_FWD_3M',
    'fwdRet',
    'forward_return',
    'future_returns_5d',
    'next_month_ret',
    'target',
    'label',
    'y',
    'y_true',
    'return_t+1',
    'target_20d',
  ])('knows %s for a label by its name', (name) => {
    expect(isLabelName(name)).toBe(true);
    expect(codes(panelOf({ extra: (_, random) => ({ [name]: random.normal() }) }))).toEqual(['label']);
  });

  it.each([
    'mom12_2',
    'retvol',
    'maxret',
    'forward_pe',
    'lead_lag',
    'nextEarningsDays',
    'rev1m',
    'yield',
    'dy',
    'roe',
    'leadership',
    'retail',
    'fwd_ep',
  ])('does not take %s for one', (name) => {
    expect(isLabelName(name)).toBe(false);
  });

  it('finds prices and market values in levels, in any unit, and not their logarithm', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 1e9, noNaN: true }), (unit) => {
        const batch = panelOf({ extra: ({ price }) => ({ size: unit * price, log_price: Math.log(price) }) });
        expect(lookAtPanel(batch).map(({ code, columns }) => [code, ...columns])).toEqual([['price-level', 'size']]);
      }),
      { numRuns: 10 },
    );
  });

  it('tells log returns from simple ones by a price', () => {
    const extra = ({ price }: { price: number }): Record<string, number> => ({ close: price });
    expect(codes(panelOf({ extra, returnOf: (r) => Math.log1p(r) }))).toEqual(['price-level', 'log-returns']);
  });

  it.each([
    ['heavy-tail', (_: Row, random: Random) => Math.exp(2.5 * random.normal())],
    ['constant', () => 3],
    ['no-cross-section', ({ t }: Row) => Math.sin(t)],
    ['sparse', ({ t, i }: Row) => (t % 20 === 0 ? i : Number.NaN)],
    ['missing-code', ({ i, t }: Row, random: Random) => ((i + t) % 40 === 0 ? -999 : random.normal())],
  ] as const)('finds a %s column', (code, column) => {
    const found = lookAtPanel(panelOf({ extra: (row, random) => ({ odd: column(row, random) }) }));
    expect(found.map((finding) => [finding.code, ...finding.columns])).toEqual([[code, 'odd']]);
  });

  it.each([
    ['in the order of the file', (place: number) => place],
    ['from any number on', (place: number) => place - 1000],
    ['backwards', (place: number) => 9_999_999 - place],
  ] as const)('finds a column that counts the rows, %s', (_, count) => {
    let rows = 0;
    const extra = ({ t, i }: Row): Record<string, number> => ({ index: count(i === t ? 0 : rows++) });
    expect(lookAtPanel(panelOf({ extra })).map(({ code, columns }) => [code, ...columns])).toEqual([
      ['row-number', 'index'],
    ]);
  });

  it('finds it where the file was sorted by asset, and takes no other whole numbers for it', () => {
    const byAsset = ({ t, i }: Row): Record<string, number> => ({
      n: 39 * i + (t > i ? t - 1 : t),
      volume: 7 * (40 * i + t),
    });
    const batch = panelOf({ extra: byAsset, nAssets: 40 });
    expect(lookAtPanel(batch).map(({ code, columns }) => [code, ...columns])).toContainEqual(['row-number', 'n']);
    expect(lookAtPanel(batch).filter(({ code }) => code === 'row-number')).toHaveLength(1);
  });

  it('minds no tail that a later step ranks away', () => {
    const batch = panelOf({ extra: (_, random) => ({ value: Math.exp(2.5 * random.normal()) }) });
    expect(codes(batch)).toEqual(['heavy-tail']);
    expect(codes(batch, { isRanked: true })).toEqual([]);
  });

  it('finds assets, survivors and sizes worth a word', () => {
    expect(codes(panelOf({ ids: (i) => (i === 3 ? 'ge ' : i === 4 ? 'GE' : `a${i}`) }))).toEqual(['similar-ids']);
    expect(codes(panelOf({ isListed: () => true }))).toEqual(['survivorship']);
    expect(codes(panelOf({ isListed: (t, i) => t < 10 + i, isReported: (t, i) => t !== 9 + i }))).toEqual([
      'delisting',
    ]);
    expect(codes(panelOf({ nAssets: 15 }))).toEqual(['thin-cross-sections']);
    expect(codes(panelOf(), { trainRows: 9 })).toEqual(['few-rows']);
  });

  it('leaves out what it is told to ignore, and puts warnings first', () => {
    const batch = panelOf({ isListed: () => true, extra: ({ ret }) => ({ leak: ret, one: 1 }) });
    expect(codes(batch)).toEqual(['leak', 'constant', 'survivorship']);
    expect(codes(batch, { ignore: ['leak', 'survivorship'] })).toEqual(['constant']);
  });

  it('warns of nothing but the Gaussian tail in the panels that the library simulates', () => {
    for (const { batch } of [simulateConditionalFactorPanel({ seed: 3 }), simulateNonlinearSignalPanel({ seed: 3 })])
      expect(
        lookAtPanel(batch, { ignore: ['impossible-returns'] }).filter(({ severity }) => severity === 'warning'),
      ).toEqual([]);
  });
});
