import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { CrossSectionBatch } from '@ml4t/core';
import type { FloatArray } from '@ml4t/core/authoring';
import fc from 'fast-check';
import { panelTable, readCrossSectionBatch, writeFrame, type ReadOptions } from '../../src/index.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const folder = temporaryFolder();
const day = 86_400_000;

// Every double but infinities: subnormals, the largest, 0.1 and its like. -0 is left to the exact formats below.
const cell = fc.oneof(
  { weight: 8, arbitrary: fc.double({ noDefaultInfinity: true, noNaN: true }) },
  { weight: 2, arbitrary: fc.constant(Number.NaN) },
);
const assetId = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  // NUL ends a text in many tools, and CSV readers may take a carriage return for a line's end.
  .filter((id) => !/[\0\r\n\ufeff]/.test(id));

/** Rows of a ragged panel: every date has at least one asset, every characteristic at least one value. */
const panel = fc
  .record({
    assets: fc.uniqueArray(fc.oneof(assetId, fc.constantFrom('NA', 'null', '007', 'NaN', 'true')), {
      minLength: 1,
      maxLength: 6,
    }),
    firstDay: fc.integer({ min: -20_000, max: 20_000 }),
    step: fc.constantFrom(day, 31 * day, 1, 3_600_000),
    nDates: fc.integer({ min: 1, max: 6 }),
    width: fc.integer({ min: 1, max: 4 }),
  })
  .chain(({ assets, firstDay, step, nDates, width }) =>
    fc
      .array(fc.uniqueArray(fc.nat(assets.length - 1), { minLength: 1, maxLength: assets.length }), {
        minLength: nDates,
        maxLength: nDates,
      })
      .chain((sections) => {
        const nRows = sections.reduce((sum, section) => sum + section.length, 0);
        const values = (n: number): fc.Arbitrary<number[]> => fc.array(cell, { minLength: n, maxLength: n });
        return fc
          .tuple(values(nRows * width), values(nRows))
          .map(([characteristics, returns]) =>
            build(assets, sections, firstDay * day, step, width, characteristics, returns),
          );
      }),
  );

function build(
  assets: readonly string[],
  sections: readonly (readonly number[])[],
  first: number,
  step: number,
  width: number,
  characteristics: number[],
  returns: number[],
): CrossSectionBatch {
  // The first row is complete, so that no column is empty.
  for (let k = 0; k < width; k++) if (Number.isNaN(characteristics[k])) characteristics[k] = k + 0.1;
  if (Number.isNaN(returns[0])) returns[0] = 0.1;
  return CrossSectionBatch.fromRows({
    timestamps: Float64Array.from(sections.flatMap((section, t) => section.map(() => first + t * step))),
    assets: sections.flatMap((section) => section.map((i) => assets[i])),
    characteristics: Object.fromEntries(
      Array.from({ length: width }, (_, k) => [`c${k}`, returns.map((_, row) => characteristics[row * width + k])]),
    ),
    returns,
    returnLag: 0,
  });
}

const roles = {
  timestamp: 'timestamp',
  asset: 'asset',
  returns: { column: 'returns', lag: 0 },
  characteristics: { exclude: [] },
} as const;

async function roundTrip(
  batch: CrossSectionBatch,
  ending: string,
  options: ReadOptions = {},
): Promise<CrossSectionBatch> {
  const path = join(folder, `panel${ending}`);
  await writeFrame(panelTable(batch), path);
  return (await readCrossSectionBatch(path, roles, options)).batch;
}

/** The bits, so that -0 and 0 differ; NaN payloads, which no format keeps, are all the same. */
function bits(values: FloatArray | undefined): bigint[] {
  return Array.from(new BigInt64Array(Float64Array.from(values ?? [], (x) => x).buffer));
}

describe('write, then read', () => {
  it.each(['.parquet', '.arrow', '.csv', '.csv.gz'])('gives the same batch to the bit: %s', async (ending) => {
    await fc.assert(
      fc.asyncProperty(panel, async (batch) => {
        const read = await roundTrip(batch, ending);
        expect(read).toEqual(batch);
        expect(bits(read.characteristics)).toEqual(bits(batch.characteristics));
        expect(bits(read.returns)).toEqual(bits(batch.returns));
      }),
      { numRuns: 25, seed: 7 },
    );
  });

  it('gives the same sorted batch from every order of the assets within a date', async () => {
    const sections = [[2, 0, 1], [1, 2], [0]];
    const other = [[0, 1, 2], [2, 1], [0]];
    const make = (order: number[][]): CrossSectionBatch =>
      build(
        ['b', 'a', 'c'],
        order,
        0,
        day,
        1,
        order.flatMap((s, t) => s.map((i) => 10 * t + i)),
        order.flat(),
      );
    const [one, two] = [
      await roundTrip(make(sections), '.parquet', { sort: true }),
      await roundTrip(make(other), '.arrow', { sort: true }),
    ];
    expect(one).toEqual(two);
    expect(one.assetIds).toEqual(['a', 'b', 'c']);
  });
});
