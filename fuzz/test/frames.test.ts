import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, it } from '@jest/globals';
import { AssetForecastResult } from '@ml4t/core';
import { predictionsTable, readCrossSectionBatch, writeFrame, type PanelSource } from '@ml4t/integration';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { effortOf } from './effort.ts';
import { build, valid } from './models.ts';
import { edited, edits } from './mutate.ts';
import { outcomeOf } from './outcome.ts';

const folder = mkdtempSync(join(tmpdir(), 'ml4t-fuzz-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const read = (source: unknown): Promise<unknown> =>
  outcomeOf(() => readCrossSectionBatch(source as PanelSource, { characteristics: { exclude: [] } }));

describe('a frame', () => {
  const cell = fc.oneof(
    fc.constantFrom('2020-01-31', '2020-02-29', '2020-02-30', 'a', 'b', '', '1', '-0.5', '1e400', 'NaN', 'inf', 'NA', '"', '""', ',', '\t', '\n', '\r\n', ';', '\u0000', '\ufeff', '1,5', "'", '#'), // prettier-ignore
    fc.string({ maxLength: 6 }),
  );

  it('of any text is a panel, or an error that says what is wrong', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom('csv', 'tsv'),
        fc.array(fc.array(cell, { minLength: 1, maxLength: 5 }), { maxLength: 8 }),
        fc.constantFrom('date,asset,x\n', 'date\tasset\tx\n', ''),
        async (ending, rows, header) => {
          const path = join(folder, `text.${ending}`);
          writeFileSync(path, header + rows.map((row) => row.join(ending === 'csv' ? ',' : '\t')).join('\n'));
          await read(path);
        },
      ),
      effortOf(120),
    ));

  it.each(['parquet', 'arrow'])('of damaged %s is a panel, or an error that says what is wrong', async (ending) => {
    const batch = build['cross-section'](valid['cross-section']);
    const whole = join(folder, `whole.${ending}`);
    await writeFrame(
      predictionsTable(new AssetForecastResult({ index: batch.index, expectedReturns: new Float64Array(batch.nRows) })),
      whole,
    );
    const bytes = readFileSync(whole);
    const path = join(folder, `damaged.${ending}`);
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.tuple(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.integer({ min: 1, max: 255 })),
          { maxLength: 4 },
        ),
        fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
        async (flips, cut) => {
          const damaged = Buffer.from(cut === null ? bytes : bytes.subarray(0, Math.floor(cut * bytes.length)));
          for (const [at, change] of flips) if (damaged.length > 0) damaged[Math.floor(at * damaged.length)] ^= change;
          writeFileSync(path, damaged);
          await read(path);
        },
      ),
      effortOf(60),
    );
  });

  it('of any rows or columns in memory is a panel, or an error that says what is wrong', () =>
    fc.assert(
      fc.asyncProperty(edits(), fc.boolean(), async (list, byRow) => {
        const rows = [
          { date: '2020-01-31', asset: 'a', x: 1, y: 0.5 },
          { date: '2020-01-31', asset: 'b', x: 2, y: null },
          { date: '2020-02-29', asset: 'a', x: -1, y: 3 },
        ];
        const columns = [{ date: ['2020-01-31', '2020-02-29'], asset: ['a', 'b'], x: Float64Array.of(1, 2) }];
        await read(byRow ? { rows: edited(rows, list) } : { columns: edited(columns, list) });
        await read(edited(byRow ? { rows } : { columns }, list));
      }),
      effortOf(200),
    ));
});
