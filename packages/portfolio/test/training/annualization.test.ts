import { describe, expect, it } from '@jest/globals';
import { EqualWeightPortfolioModel, LinearFeaturePortfolioModel } from '../../src/index.ts';
import { models, small } from './models.ts';
import { rebuilt, smallBatch } from './small-batch.ts';

const DAY = 86_400_000;
const [B, T] = [9, 6];
/** The small batch with its dates so many days apart, or at month ends. */
const dated = (gap: number | 'month', returnHorizon = 1) =>
  rebuilt(smallBatch(1), {
    timestamps: Array.from({ length: B }, (_, b) =>
      Array.from({ length: T }, (__, t) => {
        const at = b * T + t;
        return gap === 'month' ? Date.UTC(2000, at + 1, 0) : Date.UTC(2000, 0, 1) + at * gap * DAY;
      }),
    ),
    returnHorizon,
    realisationLag: returnHorizon,
  });

describe.each([
  [
    'equal weights',
    () => new EqualWeightPortfolioModel(),
    (f: number) => new EqualWeightPortfolioModel({ annualizationFactor: f }),
  ],
  [
    'the linear model',
    () => new LinearFeaturePortfolioModel({ nSteps: 4, threads: 1, validationShare: 0 }),
    (f: number) =>
      new LinearFeaturePortfolioModel({ nSteps: 4, threads: 1, validationShare: 0, annualizationFactor: f }),
  ],
  [
    'a network',
    () => models.lstm({ ...small, nSteps: 4 }),
    (f: number) => models.lstm({ ...small, nSteps: 4, annualizationFactor: f }),
  ],
] as const)('the annualization factor of %s', (_, byDates, stated) => {
  it.each([
    ['weekdays and weekends', 1, 1, 252],
    ['weeks', 7, 1, 52],
    ['month ends', 'month', 1, 12],
    ['month ends, returns over three of them', 'month', 3, 4],
    ['weeks, returns over four of them', 7, 4, 13],
  ] as const)('is that of its dates where none is given: %s', async (__, gap, horizon, factor) => {
    const batch = dated(gap, horizon);
    const found = await byDates().fit(batch);
    const expected = await stated(factor).fit(batch);
    expect(found.trainMetrics).toEqual(expected.trainMetrics);
    expect(found.notes.join()).toContain(`annualised by ${factor} `);
    expect(expected.notes.join()).not.toContain('annualised');
    const other = await stated(7).fit(batch);
    expect(other.trainMetrics.sharpe).not.toBe(expected.trainMetrics.sharpe);
  });
});

it('a market that never closes is told how to say so', async () => {
  const { notes } = await new EqualWeightPortfolioModel().fit(dated(1));
  expect(notes.join()).toContain('annualizationFactor: 365');
});
