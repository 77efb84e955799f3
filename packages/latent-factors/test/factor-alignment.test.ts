import { DataError } from '@ml4t/core';
import { simulateStaticFactorPanel } from '@ml4t/core/simulate';
import { describe, expect, it } from '@jest/globals';
import { PCAModel, alignedState, factorAlignment } from '../src/index.ts';

const { batch } = simulateStaticFactorPanel({ seed: 3, nDates: 200, nAssets: 30 });

/** Factors of equal size flip and change places from one refit to the next. */
async function refits(): Promise<PCAModel[]> {
  const models: PCAModel[] = [];
  for (let end = 100; end <= 180; end += 20) {
    const model = new PCAModel({ nFactors: 3 });
    await model.fit(batch.slice(end - 100, end));
    models.push(model);
  }
  return models;
}

describe('factors of one fit and the next', () => {
  it('are brought into the order and signs of the earlier one, and say the same', async () => {
    let reference: Awaited<ReturnType<PCAModel['extract']>> | undefined;
    for (const model of await refits()) {
      const own = await model.extract(batch);
      const alignment = reference ? factorAlignment(own, reference) : { order: [0, 1, 2], signs: [1, 1, 1] };
      const aligned = alignedState(own, alignment);
      expect([...alignment.order].sort()).toEqual([0, 1, 2]);
      const [fitted, before] = [aligned.fittedReturns(), own.fittedReturns()];
      fitted.forEach((value, cell) => expect(value).toBeCloseTo(before[cell], 14));
      if (reference)
        for (let j = 0; j < 3; j++) {
          let inner = 0;
          for (let t = 0; t < batch.nDates; t++)
            inner += aligned.factorReturns[t * 3 + j] * reference.factorReturns[t * 3 + j];
          expect(inner).toBeGreaterThan(0);
        }
      reference = aligned;
    }
  });

  it('undoes any order and any signs', async () => {
    const [model] = await refits();
    const own = await model.extract(batch);
    for (const order of [
      [0, 1, 2],
      [2, 0, 1],
      [1, 0, 2],
    ])
      for (const signs of [
        [1, -1, 1],
        [-1, -1, -1],
      ]) {
        const shuffled = alignedState(own, { order, signs });
        const back = alignedState(shuffled, factorAlignment(shuffled, own));
        expect(back.factorReturns).toEqual(own.factorReturns);
        expect(back.betas).toEqual(own.betas);
      }
  });

  it('need common dates and as many factors', async () => {
    const [model] = await refits();
    const own = await model.extract(batch.slice(0, 50));
    const other = new PCAModel({ nFactors: 2 });
    await other.fit(batch);
    const [later, fewer] = [await model.extract(batch.slice(60)), await other.extract(batch)];
    expect(() => factorAlignment(own, later)).toThrow('found no common date');
    expect(() => factorAlignment(own, fewer)).toThrow(DataError);
  });
});
