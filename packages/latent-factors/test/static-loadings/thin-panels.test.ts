import { NotIdentifiedError, PersistentPanelBatch, Random } from '@ml4t/core';
import { matrix } from '@ml4t/core/linalg';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LatentFactorForecastPipeline, PCAModel, RPPCAModel } from '../../src/index.ts';
import { overlapOf } from '../../src/static-loadings/overlap.ts';
import { days } from '../golden/load.ts';

const models = [
  ['PCA', (config: object) => new PCAModel({ nFactors: 1, ...config })],
  ['RP-PCA', (config: object) => new RPPCAModel({ nFactors: 1, ...config })],
] as const;

const ids = (n: number): string[] => Array.from({ length: n }, (_, i) => `a${i}`);
const panelOf = (returns: Float64Array, n: number): PersistentPanelBatch =>
  new PersistentPanelBatch({ timestamps: days(returns.length / n), assetIds: ids(n), returns });

/** Returns of K factors and noise; `isKnown` says which are there. */
function panel(
  seed: number,
  [t, n, k]: readonly [number, number, number],
  isKnown: (date: number, asset: number) => boolean,
  noise = 0.02,
): PersistentPanelBatch {
  const random = new Random(seed);
  // A market that every asset is exposed to, then others.
  const loadings = Array.from({ length: n * k }, (_, at) => (at % k === 0 ? 0.5 + at / (n * k) : random.normal()));
  const returns = new Float64Array(t * n);
  for (let date = 0; date < t; date++) {
    const factors = Array.from({ length: k }, () => 0.002 + 0.03 * random.normal());
    for (let i = 0; i < n; i++) {
      const value = factors.reduce((sum, f, j) => sum + f * loadings[i * k + j], noise * random.normal());
      returns[date * n + i] = isKnown(date, i) ? value : Number.NaN;
    }
  }
  return panelOf(returns, n);
}

/** Half of the assets replaced half way, both there on `overlap` dates. */
const turnover =
  (t: number, n: number, overlap: number) =>
  (date: number, asset: number): boolean =>
    asset < n / 2 ? date < t / 2 + Math.ceil(overlap / 2) : date >= t / 2 - Math.floor(overlap / 2);

describe('a panel that hangs together by few dates', () => {
  it('is known by them', () => {
    const of = (overlap: number, k: number): ReturnType<typeof overlapOf> =>
      overlapOf(matrix(60, 12, panel(1, [60, 12, 1], turnover(60, 12, overlap)).returns), k);
    expect(of(0, 1)).toEqual({ looseDates: 30, looseAssets: [6, 7, 8, 9, 10, 11], sharedDates: 0 });
    expect(of(4, 1)).toMatchObject({ looseDates: 28, sharedDates: 4 });
    expect(of(8, 1).looseDates).toBe(0);
    expect(of(8, 2).looseDates).toBe(26);
    expect(of(12, 2).looseDates).toBe(0);
    // Gaps here and there, late entrants and an asset with three returns hang together.
    const random = new Random(1);
    const gaps = panel(1, [40, 10, 2], (date, asset) =>
      asset === 9 ? date < 3 : asset > 6 ? date >= 20 : random.uniform() > 0.4,
    );
    expect(overlapOf(matrix(40, 10, gaps.returns), 2)).toEqual({ looseDates: 0, looseAssets: [], sharedDates: 0 });
    // So do panels with few dates.
    const short = panel(1, [8, 6, 1], (date, asset) => date !== asset);
    expect(overlapOf(matrix(8, 6, short.returns), 1).looseDates).toBe(0);
  });

  it.each(models)('says so, naming the assets: %s', async (_, create) => {
    const thin = await create({}).fit(panel(2, [60, 12, 1], turnover(60, 12, 3)));
    const note =
      'Overlap too thin: on 28 dates returns come from a6, a7, a8, a9, a10 and 1 more, which share at most 3 dates';
    expect(thin.notes.join(' ')).toContain(note);
    const firm = await create({}).fit(panel(2, [60, 12, 1], turnover(60, 12, 12)));
    expect(firm.notes.join(' ')).not.toContain('thin');
  });

  it.each(models)('is explained no worse by accelerated rounds than by plain ones: %s', async (_, create) => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 100_000 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 2 }),
        async (seed, overlap, nFactors) => {
          const batch = panel(seed, [60, 12, nFactors], turnover(60, 12, overlap));
          const config = { nFactors, maxIter: 700 };
          const [quick, plain] = [
            await create(config).fit(batch),
            await create({ ...config, acceleration: 'none' }).fit(batch),
          ];
          const { trainMetrics: a } = quick;
          const { trainMetrics: b } = plain;
          if ('explainedVarianceRatio' in a && 'explainedVarianceRatio' in b)
            expect(a.explainedVarianceRatio).toBeGreaterThan(b.explainedVarianceRatio - 1e-6);
          if (quick.converged && plain.converged) expect(a.totalR2).toBeGreaterThan(b.totalR2 - 0.005);
        },
      ),
      { numRuns: 10 },
    );
  });

  it('keeps asset means where returns are', async () => {
    for (let seed = 0; seed < 6; seed++)
      for (const overlap of [1, 2, 3]) {
        const model = new PCAModel({ nFactors: 1 });
        await model.fit(panel(seed, [60, 12, 1], turnover(60, 12, overlap)));
        expect(Math.max(...model.assetMeans.map(Math.abs))).toBeLessThan(0.1);
      }
  });

  it('of two groups that never meet is refused with the true reason where no date has factors', async () => {
    const batch = panel(3, [80, 12, 3], turnover(80, 12, 0));
    const fit = new PCAModel({ nFactors: 3 }).fit(batch);
    await expect(fit).rejects.toThrow(NotIdentifiedError);
    await expect(fit).rejects.toThrow(
      'expected a date whose observed assets tell 3 factors apart, found up to 6 assets a date, with loadings on fewer factors: ' +
        'a6, a7, a8, a9, a10 and 1 more share at most 0 dates with the other assets',
    );
    const sparse = panel(3, [30, 12, 3], (date, asset) => (date * 5 + asset) % 12 < 2);
    await expect(new PCAModel({ nFactors: 3 }).fit(sparse)).rejects.toThrow(
      'expected a date with at least 3 observed assets, found at most 2',
    );
  });
});

describe('explained variance', () => {
  it('is of observed returns: gaps explain nothing by themselves', async () => {
    for (const seed of [1, 2]) {
      const random = new Random(seed);
      const share = async (isKnown: (date: number, asset: number) => boolean): Promise<number> => {
        const batch = panel(seed, [100, 30, 1], isKnown, 10);
        return (await new PCAModel({ nFactors: 2 }).fit(batch)).trainMetrics.explainedVarianceRatio;
      };
      const complete = await share(() => true);
      const gappy = await share(() => random.uniform() > 0.4);
      const periodic = await share((date, asset) => (date + asset) % 11 !== 0);
      // Noise alone, so what is explained is parameters per observation: 5 / 3 as many with 40 % missing, and a little for a better fit.
      expect(gappy / complete).toBeLessThan(2.2);
      expect(periodic / complete).toBeLessThan(1.3);
    }
  });

  it('is the share of the leading eigenvalues in a complete panel', async () => {
    const batch = panel(4, [50, 12, 2], () => true);
    const model = new PCAModel({ nFactors: 2 });
    const { trainMetrics } = await model.fit(batch);
    let total = 0;
    batch.returns.forEach((value, cell) => (total += (value - model.assetMeans[cell % 12]) ** 2));
    expect(trainMetrics.explainedVarianceRatio).toBeCloseTo(
      ((model.eigenvalues[0] + model.eigenvalues[1]) * 50) / total,
      12,
    );
  });
});

describe('assets without any return', () => {
  const batch = panel(5, [40, 8, 1], (_, asset) => asset !== 3);
  const kept = ['a0', 'a1', 'a2', 'a4', 'a5', 'a6', 'a7'];

  it.each(models)('are named and left out, and the rest is fitted as without them: %s', async (_, create) => {
    const [model, without] = [create({}), create({})];
    const { notes } = await model.fit(batch);
    expect(notes).toEqual(['Left out, without any return: a3. Their exposures are NaN.']);
    await without.fit(batch.selectAssets(kept));
    expect(model.assetIds).toEqual(kept);
    expect(model.loadings).toEqual(without.loadings);
    const state = await model.extract(batch);
    expect(Array.from(state.betas, Number.isNaN)).toEqual(ids(8).map((id) => id === 'a3'));
    // What the asset returns later says nothing of factors that it has no loading on.
    const later = panel(6, [10, 8, 1], () => true);
    expect((await model.extract(later)).factorReturns).toEqual(
      (await without.extract(later.selectAssets(kept))).factorReturns,
    );
    const pipeline = new LatentFactorForecastPipeline({ model: create({}) });
    await pipeline.fit(batch);
    const after = new PersistentPanelBatch({ timestamps: days(10, 40), assetIds: ids(8), returns: later.returns });
    const { expectedReturns } = (await pipeline.predict(after)).assetForecast;
    expect(Array.from(expectedReturns.subarray(0, 8), Number.isNaN)).toEqual(ids(8).map((id) => id === 'a3'));
  });

  it.each([
    ['PCA', PCAModel],
    ['RP-PCA', RPPCAModel],
  ] as const)('are remembered by artifacts: %s', async (_, Model) => {
    const folder = await mkdtemp(join(tmpdir(), 'static-'));
    try {
      const model = new Model({ nFactors: 1 });
      await model.fit(batch);
      await model.save(join(folder, 'model'));
      const loaded = await Model.load(join(folder, 'model'));
      expect(await loaded.extract(batch)).toEqual(await model.extract(batch));
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('count when K is compared with assets', async () => {
    await expect(new PCAModel({ nFactors: 8 }).fit(batch)).rejects.toThrow('7 assets with returns');
  });
});

describe('constant returns', () => {
  it.each(models)('have no factor, whatever their rounding: %s', async (_, create) => {
    for (const level of [0, 0.001, 0.1, 1 / 3, -0.017]) {
      const equal = panelOf(new Float64Array(80 * 12).fill(level), 12);
      await expect(create({}).fit(equal)).rejects.toThrow(NotIdentifiedError);
      for (const nFactors of [1, 3])
        await expect(create({ nFactors }).fit(equal)).rejects.toThrow('every asset has the same return on all dates');
    }
    // As from prices that grow by a tenth of a per cent: equal but for the last digits.
    let price = 100;
    const grown = Float64Array.from({ length: 80 * 12 }, (_unused, cell) => {
      if (cell % 12 === 0) price *= 1.001;
      return (price * 1.001) / price - 1;
    });
    await expect(create({}).fit(panelOf(grown, 12))).rejects.toThrow(NotIdentifiedError);
  });

  it.each(models)('of one asset beside others are one asset without a loading: %s', async (_, create) => {
    const varied = panel(7, [60, 8, 1], () => true);
    const batch = panelOf(
      varied.returns.map((value, cell) => (cell % 8 === 2 ? 0.001 : value)),
      8,
    );
    const model = create({});
    expect((await model.fit(batch)).converged).toBe(true);
    expect(Math.abs(model.loadings[2])).toBeLessThan(0.1);
  });
});
