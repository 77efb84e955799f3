import { describe, expect, it } from '@jest/globals';
import { parseLSTMPortfolioConfig } from '../../src/lstm/config.ts';
import { holdOut } from '../../src/training/holdout.ts';
import { stretches, windowBatches } from '../../src/training/schedule.ts';
import { models } from './models.ts';
import { smallBatch } from './small-batch.ts';

describe('the stretches of training', () => {
  const of = (changes: object) => stretches(parseLSTMPortfolioConfig(changes));
  it('end at every evaluation, every checkpoint and the last step', () => {
    expect(of({ nSteps: 25, evalEvery: 10 })).toEqual([10, 20, 25]);
    expect(of({ nSteps: 20, evalEvery: 10, checkpointInterval: 8 })).toEqual([8, 10, 16, 20]);
    expect(of({ nSteps: 20, evalEvery: 10, checkpointInterval: 8, checkpointAt: [3] })).toEqual([3, 10, 20]);
  });
});

describe('mini-batches of windows', () => {
  const take = (n: number, holdings: 'window' | 'chained', seed = 1): number[][] => {
    const stream = windowBatches(10, { batchSize: 4, holdings, seed });
    return Array.from({ length: n }, () => Array.from(stream.next().value as Int32Array));
  };

  it('take every window once in a pass, in another order in the next', () => {
    const drawn = take(6, 'window');
    const passes = [drawn.slice(0, 3).flat(), drawn.slice(3).flat()];
    for (const pass of passes) expect([...pass].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(passes[0]).not.toEqual(passes[1]);
    expect(take(6, 'window')).toEqual(drawn);
    expect(take(6, 'window', 2)).not.toEqual(drawn);
  });

  it('take runs of consecutive windows where holdings run on', () => {
    const drawn = take(3, 'chained');
    for (const run of drawn) run.forEach((w, i) => expect(w).toBe(run[0] + i));
    expect(drawn.flat().sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

describe('windows held out', () => {
  it('are the last, and those that share dates with them are left out', () => {
    const apart = holdOut(smallBatch(1, { nWindows: 10 }), 0.2);
    expect([apart.train.nWindows, apart.validation?.nWindows]).toEqual([8, 2]);
    const overlapping = holdOut(smallBatch(1, { nWindows: 10, stride: 2 }), 0.2);
    expect([overlapping.train.nWindows, overlapping.validation?.nWindows]).toEqual([6, 2]);
    const { train, validation } = overlapping;
    expect(train.timestamps[train.timestamps.length - 1]).toBeLessThan(validation?.timestamps[0] ?? 0);
    expect(overlapping.note.join()).toMatch(/2 that share dates/);
  });

  it('begin when every return of the windows before is known, at any horizon', () => {
    for (const stride of [1, 2, 6, 9])
      for (let returnHorizon = 1; returnHorizon <= 21; returnHorizon++) {
        const batch = smallBatch(1, { nWindows: 40, stride, returnHorizon });
        const { train, validation } = holdOut(batch, 0.2);
        if (!validation) throw new Error('nothing was held out');
        const dates = Array.from(new Set(batch.timestamps)).sort((a, b) => a - b);
        const position = (window: number, step: number): number => dates.indexOf(batch.timestamps[6 * window + step]);
        const held = batch.nWindows - validation.nWindows;
        // The return of step 5, the last of a window, is known so many dates later.
        expect(position(train.nWindows - 1, 5) + returnHorizon).toBeLessThanOrEqual(position(held, 0));
        // No window is left out without need.
        expect(position(train.nWindows, 5) + returnHorizon).toBeGreaterThan(position(held, 0));
      }
  });

  it('are none where nothing would be left', () => {
    expect(holdOut(smallBatch(1, { nWindows: 2 }), 0.2).validation).toBeUndefined();
    expect(holdOut(smallBatch(1, { nWindows: 6, stride: 1 }), 0.4).validation).toBeUndefined();
  });

  it('need windows in order', () => {
    const shuffled = smallBatch(1, { nWindows: 10, stride: -6 });
    expect(() => holdOut(shuffled, 0.2)).toThrow(/Sort the windows/);
  });
});

describe('the learning rate', () => {
  it('follows its schedule from evaluation to evaluation, whatever the grid of checkpoints', async () => {
    const batch = smallBatch(1);
    const weightsOf = async (config: object): Promise<Float64Array> => {
      const model = models.lstm({ dropout: 0, nSteps: 12, evalEvery: 4, ...config });
      await model.fit(batch);
      return (await model.predict(batch, { checkpoint: 'last' })).weights;
    };
    const decayed = await weightsOf({ schedule: { decay: 0.5 } });
    expect(await weightsOf({ schedule: { decay: 0.5 }, checkpointAt: [3, 7, 9] })).toEqual(decayed);
    expect(await weightsOf({ schedule: { decay: 1 } })).toEqual(await weightsOf({}));
    expect(decayed).not.toEqual(await weightsOf({}));
  });
});
