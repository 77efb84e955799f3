import { describe, expect, it } from '@jest/globals';
import { PortfolioSequenceBatch, type PortfolioSequenceInit } from '../../src/batches/portfolio-sequence.ts';
import { failure } from './failure.ts';

const { NaN: missing } = Number;

/** Two windows of three steps, two assets, one feature; the second asset is absent at the first step of window 2. */
const init: PortfolioSequenceInit = {
  features: Float64Array.of(0, 1, 2, 3, 4, 5, 6, missing, 8, 9, 10, 11),
  shape: [2, 3, 2, 1],
  mask: Float64Array.of(1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1),
  forwardReturns: Float64Array.of(0, 1, 2, 3, 4, 5, 6, missing, 8, 9, 10, 11),
  volScale: Float64Array.of(0, 1, 2, 3, 4, 5, 6, -7, 8, 9, 10, 11),
  prevWeights: [
    [0.5, 0.5],
    [1, -1],
  ],
  groupIds: [0, 3],
  costs: [0, 0.001],
  adjacency: [
    [1, 0.5],
    [0, 1],
  ],
  timestamps: [
    ['2020-01-01', '2020-01-02', '2020-01-03'],
    ['2020-01-02', '2020-01-03', '2020-01-06'],
  ],
};

describe('PortfolioSequenceBatch', () => {
  it('holds anything where the mask is false', () => {
    const batch = new PortfolioSequenceBatch(init);
    expect([batch.nWindows, batch.nSteps, batch.nAssets, batch.nFeatures]).toEqual([2, 3, 2, 1]);
    expect(batch.features).toBe(init.features);
    expect([...batch.mask]).toEqual([1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1]);
    expect([...(batch.groupIds ?? [])]).toEqual([0, 3]);
    expect([batch.assetIds, batch.featureNames]).toEqual([['a0', 'a1'], ['f0']]);
    expect(Object.isFrozen(batch)).toBe(true);
  });

  it('reads a nested mask, and takes every cell without one', () => {
    const features = [[[[1], [2]]]];
    expect([...new PortfolioSequenceBatch({ features, timestamps: [1], mask: [[[1, 0]]] }).mask]).toEqual([1, 0]);
    expect([...new PortfolioSequenceBatch({ features, timestamps: [1] }).mask]).toEqual([1, 1]);
  });

  it('gives every window its own dates, also when they are shared', () => {
    const dates = [1, 2, 3].map((day) => Date.UTC(2020, 0, day));
    expect([...new PortfolioSequenceBatch(init).timestamps.subarray(0, 3)]).toEqual(dates);
    const shared = new PortfolioSequenceBatch({ ...init, timestamps: ['2020-01-01', '2020-01-02', '2020-01-03'] });
    expect([...shared.timestamps]).toEqual([...dates, ...dates]);
  });

  it('slices windows, every array along, sharing memory', () => {
    const batch = new PortfolioSequenceBatch(init);
    const window = batch.window(1);
    expect(window.nWindows).toBe(1);
    expect([...window.features]).toEqual([6, missing, 8, 9, 10, 11]);
    expect([...window.mask]).toEqual([1, 0, 1, 1, 1, 1]);
    expect([...(window.forwardReturns ?? [])]).toEqual([6, missing, 8, 9, 10, 11]);
    expect([...(window.volScale ?? [])]).toEqual([6, -7, 8, 9, 10, 11]);
    expect([...(window.prevWeights ?? [])]).toEqual([1, -1]);
    expect([...window.timestamps]).toEqual([2, 3, 6].map((day) => Date.UTC(2020, 0, day)));
    expect([window.costs, window.adjacency, window.groupIds]).toEqual([batch.costs, batch.adjacency, batch.groupIds]);
    expect(window.features.buffer).toBe(batch.features.buffer);
    expect(failure(() => batch.window(2)).field).toBe('slice');
    expect(failure(() => batch.slice(1, 0)).field).toBe('slice');
  });

  const at = '(window 1, 2020-01-02, asset a1)';
  const everywhere = new Float64Array(12).fill(1);
  it.each([
    ['shape', 'features', { features: new Float64Array(11) }],
    ['data', `features ${at}`, { mask: everywhere }],
    ['data', `forwardReturns ${at}`, { mask: everywhere, features: everywhere }],
    ['data', `volScale ${at}`, { mask: everywhere, features: everywhere, forwardReturns: everywhere }],
    ['shape', 'mask', { mask: [1, 0] }],
    ['shape', 'forwardReturns', { forwardReturns: new Float64Array(3) }],
    ['shape', 'prevWeights[1]', { prevWeights: [[1, 2], [3]] }],
    ['data', 'prevWeights[3]', { prevWeights: Float64Array.of(1, 2, 3, missing) }],
    ['data', 'costs[0]', { costs: [-0.1, 0] }],
    ['data', 'costs[1]', { costs: [0, Infinity] }],
    ['shape', 'costs', { costs: [0] }],
    ['data', 'adjacency[1]', { adjacency: Float64Array.of(1, 1.5, 0, 1) }],
    ['data', 'adjacency[2]', { adjacency: Float64Array.of(1, 1, missing, 1) }],
    ['shape', 'groupIds', { groupIds: [1] }],
    ['data', 'groupIds[0]', { groupIds: [-1, 0] }],
    ['shape', 'assetIds', { assetIds: ['a'] }],
    ['data', 'assetIds[1]', { assetIds: ['a', 'a'] }],
    ['shape', 'featureNames', { featureNames: ['a', 'b'] }],
    ['shape', 'timestamps', { timestamps: [['2020-01-01', '2020-01-02', '2020-01-03']] }],
    ['shape', 'timestamps', { timestamps: ['2020-01-01', '2020-01-02'] }],
    [
      'data',
      'timestamps[1][2]',
      {
        timestamps: [
          [1, 2, 3],
          [1, 2, 2],
        ],
      },
    ],
  ])('refuses a %s error at %s', (code, field, change) => {
    const error = failure(() => new PortfolioSequenceBatch({ ...init, ...change } as PortfolioSequenceInit));
    expect([error.code, error.field]).toEqual([code, field]);
  });
});
