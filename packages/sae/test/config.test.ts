import { configNotes } from '@ml4t/core/authoring';
import { expect, it } from '@jest/globals';
import { SAEModel } from '../src/index.ts';

it.each([
  [{ earlyStoppingPatience: 3 }, { patience: 3 }],
  [{ earlyStoppingPatience: null }, { patience: null }],
  [{ checkpointEpochs: [2, 4] }, { checkpointAt: [2, 4] }],
])('reads %o as %o', (other, own) => {
  const { config } = new SAEModel(other);
  expect(config).toEqual(new SAEModel(own).config);
  expect(configNotes(config)).toHaveLength(1);
  expect(() => new SAEModel({ ...other, ...own })).toThrow('one name of the field');
});
