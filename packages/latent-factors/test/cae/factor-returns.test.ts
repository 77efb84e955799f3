import { ConfigError } from '@ml4t/core';
import { expect, it } from '@jest/globals';
import { CAEModel } from '../../src/index.ts';
import { quick, smallPanel, withGaps } from './panel.ts';

const { batch } = smallPanel(3);
const [train, test] = [batch.slice(0, 20), batch.slice(20)];
const own = {
  names: ['market', 'size'],
  timestamps: batch.timestamps,
  values: Float64Array.from({ length: 2 * batch.nDates }, (_, i) => Math.sin(i)),
};

it.each([
  ['managed portfolios', {}, undefined],
  ['portfolios of the caller', {}, own],
  ['a regression on the betas', { factors: 'regression' }, undefined],
] as const)(
  'factor returns at several checkpoints are to the bit those of extract: %s',
  async (_, config, managedPortfolios) => {
    const model = new CAEModel({ ...quick, ensembleSize: 2, checkpointInterval: 1, ...config });
    await model.fit(train, { managedPortfolios });
    const { checkpoints } = model;
    expect(checkpoints.length).toBeGreaterThan(2);
    const gaps = withGaps(test);
    for (const on of [train, test, gaps, test.withoutReturns(), test.slice(0, 0)]) {
      const all = await model.factorReturnsAt(on, checkpoints);
      for (const [at, checkpoint] of checkpoints.entries())
        expect(all[at]).toEqual((await model.extract(on, { checkpoint })).factorReturns);
    }
    const [first, second] = await model.factorReturnsAt(train, checkpoints);
    expect(first).not.toEqual(second);
    await expect(model.factorReturnsAt(train, ['epoch-999'])).rejects.toThrow(ConfigError);
  },
);
