import { expect, it } from '@jest/globals';
import { packData, unpackData } from '../../src/persist/index.ts';

it('plain data come back bit for bit: numbers that JSON has no word for, arrays of every type, names of any kind', () => {
  const value = {
    numbers: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0.1 + 0.2, 5e-324],
    'layer 0/wéight': Float32Array.of(0.1, Number.NaN, -0),
    list: [{ rows: Int32Array.of(1, -2) }, { rows: Float64Array.of(Math.PI) }, null, 'text', true],
    nested: { 7: new Uint8Array(0) },
  };
  const packed = packData(value);
  expect(unpackData({ text: packed.text, arrays: packed.arrays })).toEqual(value);
  const back = unpackData(packed) as typeof value;
  expect(Object.is(back.numbers[3], -0)).toBe(true);
  expect(Object.is(back['layer 0/wéight'][2], -0)).toBe(true);
  for (const name of Object.keys(packed.arrays)) expect(name).toMatch(/^[A-Za-z][A-Za-z0-9_./-]*$/);
});

it('arrays that are not there are an error', () => {
  const { text } = packData({ weights: Float64Array.of(1) });
  expect(() => unpackData({ text, arrays: {} })).toThrow('arrays.a0.weights');
});
