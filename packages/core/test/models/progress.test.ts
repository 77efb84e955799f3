import { describe, expect, it } from '@jest/globals';
import { describeProgress, type Progress } from '../../src/index.ts';
import { asPart } from '../../src/models/progress.ts';

const epoch: Progress = { phase: 'conditional', unit: 'epoch', step: 12, total: 100, fraction: 0.5 };

describe('describeProgress', () => {
  it('counts from 1, from the outside in', () => {
    const event = { ...epoch, member: { index: 1, of: 5 }, fold: { index: 2, of: 28 } };
    expect(describeProgress(event)).toBe('fold 3 of 28, member 2 of 5, conditional, epoch 12 of 100');
  });

  it('leaves out what there is only one of, and what the unit says', () => {
    const one = { index: 0, of: 1 };
    expect(describeProgress({ ...epoch, phase: 'training', member: one, fold: one })).toBe('epoch 12 of 100');
    expect(describeProgress({ phase: 'alternating-least-squares', unit: 'iteration', step: 7 })).toBe(
      'alternating least squares, iteration 7',
    );
  });
});

describe('asPart', () => {
  it('says which part, and makes its share one of the whole', () => {
    const member = asPart(epoch, 'member', { index: 3, of: 4 });
    expect(member).toEqual({ ...epoch, member: { index: 3, of: 4 }, fraction: 0.875 });
    expect(asPart(member, 'fold', { index: 0, of: 2 })).toMatchObject({ member: { index: 3 }, fraction: 0.4375 });
  });

  it('knows no share of the whole where the part knows none', () => {
    expect(asPart({ phase: 'imputation', unit: 'iteration', step: 3 }, 'fold', { index: 1, of: 2 })).toEqual({
      phase: 'imputation',
      unit: 'iteration',
      step: 3,
      fold: { index: 1, of: 2 },
    });
  });
});
