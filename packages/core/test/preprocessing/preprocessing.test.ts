import { describe, expect, it } from '@jest/globals';
import { CrossSectionBatch } from '../../src/batches/cross-section.ts';
import { ConfigError } from '../../src/errors.ts';
import { imputeCharacteristics } from '../../src/preprocessing/impute.ts';
import { rankNormalize } from '../../src/preprocessing/rank-normalize.ts';
import { standardizeCharacteristics, winsorize } from '../../src/preprocessing/standardize.ts';
import { Random } from '../../src/random/random.ts';
import { simulateConditionalFactorPanel } from '../../src/simulate/index.ts';
import type { FloatArray } from '../../src/validation.ts';

const { NaN: missing } = Number;

/** One characteristic, one array of values per date; asset i on every date. */
function panel(...dates: number[][]): CrossSectionBatch {
  return CrossSectionBatch.fromArrays({
    timestamps: Float64Array.from(dates.keys()),
    rowOffsets: dates.reduce((offsets, date) => [...offsets, (offsets.at(-1) ?? 0) + date.length], [0]),
    assetIndex: dates.flatMap((date) => [...date.keys()]),
    assetIds: ['a', 'b', 'c', 'd', 'e'],
    characteristicNames: ['x'],
    characteristics: Float64Array.from(dates.flat()),
  });
}

function values(batch: CrossSectionBatch): number[] {
  return [...batch.characteristics];
}

/** A ragged panel with holes in its characteristics. */
function holedPanel(seed: number): CrossSectionBatch {
  const { batch } = simulateConditionalFactorPanel({
    nAssets: 15,
    nDates: 12,
    nCharacteristics: 3,
    missingShare: 0.2,
    seed,
  });
  const random = new Random(seed);
  return batch.withCharacteristics(batch.characteristics.map((c) => (random.uniform() < 0.3 ? missing : c)));
}

describe('rank normalisation', () => {
  it('maps ranks to 2 rank / (n + 1) - 1 within each date, NaN aside', () => {
    const batch = panel([10, 30, missing, 20], [7, 7, 9]);
    expect(values(rankNormalize(batch))).toEqual([-0.5, 0.5, missing, 0, -0.25, -0.25, 0.5]);
    expect(values(rankNormalize(batch, { missing: 'median' }))[2]).toBe(0);
    expect(values(rankNormalize(batch, { range: [-0.5, 0.5] })).slice(0, 2)).toEqual([-0.25, 0.25]);
    expect(values(rankNormalize(batch, { range: [0, 1], missing: 'median' })).slice(0, 4)).toEqual([
      0.25, 0.75, 0.5, 0.5,
    ]);
  });

  it('puts a single asset and a constant column at the centre', () => {
    expect(values(rankNormalize(panel([5], [2, 2, 2])))).toEqual([0, 0, 0, 0]);
  });

  it('depends on the order only: any increasing map of a column gives the same ranks', () => {
    const batch = holedPanel(1);
    const warped = batch.withCharacteristics(batch.characteristics.map((c) => Math.exp(3 * c) - 5));
    expect(rankNormalize(warped).characteristics).toEqual(rankNormalize(batch).characteristics);
  });

  it('refuses a range or a policy that makes no sense', () => {
    expect(() => rankNormalize(panel([1]), { range: [1, -1] })).toThrow(ConfigError);
    expect(() => rankNormalize(panel([1]), { missing: 'drop' as 'keep' })).toThrow(ConfigError);
    expect(() => rankNormalize(panel([1]), { columns: ['y'] })).toThrow(/columns\[0\]: expected one of x/);
  });
});

describe('imputation', () => {
  const batch = panel([1, 2, 9, missing], [missing, 5, missing, missing], [missing, missing, 4]);

  it.each([
    ['median', [1, 2, 9, 2, 5, 5, 5, 5, 4, 4, 4]],
    ['mean', [1, 2, 9, 4, 5, 5, 5, 5, 4, 4, 4]],
    ['zero', [1, 2, 9, 0, 0, 5, 0, 0, 0, 0, 4]],
    // Date 2: a and c carry 1 and 9, d has no past and takes the median of 1, 5, 9. Date 3: a carries 1, b carries 5.
    ['forwardFill', [1, 2, 9, 2, 1, 5, 9, 5, 1, 5, 4]],
  ] as const)('by %s', (method, expected) => {
    expect(values(imputeCharacteristics(batch, { method }))).toEqual(expected);
  });

  it('averages the two middle values of an even number', () => {
    expect(values(imputeCharacteristics(panel([1, 2, 4, 100, missing]), { method: 'median' }))[4]).toBe(3);
  });

  it('carries no value that is older than asked for', () => {
    // Date 3: a's value is two dates old and b's one.
    const filled = imputeCharacteristics(batch, { method: 'forwardFill', maxAge: 1 });
    expect(values(filled).slice(8)).toEqual([4.5, 5, 4]);
  });

  it('carries values over dates on which the asset has no row', () => {
    const gap = CrossSectionBatch.fromRows({
      timestamps: [1, 1, 2, 3, 3],
      assets: ['a', 'b', 'b', 'a', 'b'],
      characteristics: { x: [7, 1, 2, null, 3] },
    });
    expect(values(imputeCharacteristics(gap, { method: 'forwardFill' }))[3]).toBe(7);
    expect(values(imputeCharacteristics(gap, { method: 'forwardFill', maxAge: 1 }))[3]).toBe(3);
  });

  it('leaves a column that is empty on a date missing, or sets it to zero when asked', () => {
    const empty = panel([missing, missing], [1, missing]);
    expect(values(imputeCharacteristics(empty, { method: 'median' }))).toEqual([missing, missing, 1, 1]);
    expect(values(imputeCharacteristics(empty, { method: 'mean', emptyColumn: 'zero' }))).toEqual([0, 0, 1, 1]);
    expect(values(imputeCharacteristics(empty, { method: 'forwardFill' }))).toEqual([missing, missing, 1, 1]);
  });

  it('refuses options that make no sense', () => {
    expect(() => imputeCharacteristics(batch, { method: 'mode' as 'mean' })).toThrow(ConfigError);
    expect(() => imputeCharacteristics(batch, { method: 'forwardFill', maxAge: 0 })).toThrow(ConfigError);
    expect(() => imputeCharacteristics(batch, { method: 'median', maxAge: 2 })).toThrow(ConfigError);
    expect(() => imputeCharacteristics(batch, { method: 'mean', emptyColumn: 'drop' as 'keep' })).toThrow(ConfigError);
  });
});

describe('standardisation and winsorising', () => {
  it('gives mean 0 and variance 1 per date over what is present', () => {
    const z = values(standardizeCharacteristics(panel([1, 3, missing], [5, 5], [0.1, 0.1, 0.1])));
    expect(z).toEqual([-1, 1, missing, 0, 0, 0, 0, 0]);
  });

  it('limits values to interpolated quantiles', () => {
    // Quantiles .25 and .75 of 0, 1, 2, 10: positions .75 and 2.25, so .75 and 4.
    const batch = panel([10, 0, 1, 2, missing], [3]);
    expect(values(winsorize(batch, { lower: 0.25, upper: 0.75 }))).toEqual([4, 0.75, 1, 2, missing, 3]);
    expect(values(winsorize(batch, { lower: 0, upper: 1 }))).toEqual(values(batch));
    expect(() => winsorize(batch, { lower: 0.9, upper: 0.1 })).toThrow(ConfigError);
  });
});

describe.each([
  ['rankNormalize', (b: CrossSectionBatch) => rankNormalize(b, { missing: 'median' })],
  ['median', (b: CrossSectionBatch) => imputeCharacteristics(b, { method: 'median' })],
  ['forwardFill', (b: CrossSectionBatch) => imputeCharacteristics(b, { method: 'forwardFill' })],
  ['standardizeCharacteristics', (b: CrossSectionBatch) => standardizeCharacteristics(b)],
  ['winsorize', (b: CrossSectionBatch) => winsorize(b, { lower: 0.1, upper: 0.9 })],
])('%s', (_, step) => {
  it('uses nothing after the row date: another future changes nothing', () => {
    const batch = holedPanel(2);
    const from = batch.index.rowOffsets[7] * 3;
    const random = new Random(8);
    const future = batch.withCharacteristics(
      batch.characteristics.map((c, i) => (i < from ? c : random.uniform() < 0.3 ? missing : 100 * random.normal())),
    );
    expect(step(future).characteristics.subarray(0, from)).toEqual(step(batch).characteristics.subarray(0, from));
    expect(step(batch.slice(0, 7)).characteristics).toEqual(step(batch).characteristics.subarray(0, from));
  });

  it('leaves its input, the returns and the index as they are', () => {
    const batch = holedPanel(3);
    const before = Float64Array.from(batch.characteristics);
    const after = step(batch);
    expect(batch.characteristics).toEqual(before);
    expect(after.index).toBe(batch.index);
    expect(after.returns).toBe(batch.returns);
  });

  it('gives the same values whatever the order of the assets', () => {
    const batch = holedPanel(4);
    const { rowOffsets } = batch.index;
    // Rows in reverse order within each date.
    const reversed: number[] = [];
    for (let t = 0; t < batch.nDates; t++)
      for (let row = rowOffsets[t + 1] - 1; row >= rowOffsets[t]; row--) reversed.push(row);
    const pick = (source: FloatArray): Float64Array =>
      Float64Array.from(reversed.flatMap((row) => [...source.subarray(row * 3, row * 3 + 3)]));
    const other = CrossSectionBatch.fromArrays({
      timestamps: batch.timestamps,
      rowOffsets,
      assetIndex: reversed.map((row) => batch.index.assetIndex[row]),
      assetIds: batch.assetIds,
      characteristicNames: batch.characteristicNames,
      characteristics: pick(batch.characteristics),
    });
    const expected = pick(step(batch).characteristics);
    step(other).characteristics.forEach((value, i) => {
      // Means are summed in another order: rounding only.
      if (Number.isNaN(expected[i])) expect(value).toBe(missing);
      else expect(value).toBeCloseTo(expected[i], 13);
    });
  });
});

it('changes the columns asked for and no other', () => {
  const batch = holedPanel(5);
  const after = rankNormalize(batch, { columns: ['c2'] });
  expect(after.characteristic('c1')).toEqual(batch.characteristic('c1'));
  expect(after.characteristic('c3')).toEqual(batch.characteristic('c3'));
  expect(after.characteristic('c2')).toEqual(rankNormalize(batch).characteristic('c2'));
});
