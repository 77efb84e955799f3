import { describe, expect, it } from '@jest/globals';
import { editDistance, nearestName } from '../src/nearest-name.ts';

describe('nearestName', () => {
  it.each([
    ['icpa', 'ipca'],
    ['IPCA', 'ipca'],
    ['rppca', 'rp-pca'],
    ['stochastic_discount_factor', 'stochastic-discount-factor'],
  ])('takes %s for %s', (typed, meant) => {
    expect(nearestName(typed, ['pca', 'rp-pca', 'ipca', 'stochastic-discount-factor'])).toBe(meant);
  });

  it('has no answer when nothing is close', () => {
    expect(nearestName('transformer', ['pca', 'ipca'])).toBeUndefined();
    expect(nearestName('x', [])).toBeUndefined();
  });
});

it('editDistance counts a swap of neighbours once', () => {
  expect(editDistance('momentun', 'momentum')).toBe(1);
  expect(editDistance('icpa', 'ipca')).toBe(1);
  expect(editDistance('', 'abc')).toBe(3);
  expect(editDistance('kitten', 'sitting')).toBe(3);
});
