import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { readCrossSectionBatch } from '../../src/index.ts';
import { failureOf } from '../failures.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const folder = temporaryFolder();
const golden = JSON.parse(readFileSync(join(__dirname, 'golden', 'frames.json'), 'utf8')) as Record<
  'arrow' | 'parquet',
  Record<string, string>
>;
const file = (kind: 'arrow' | 'parquet', name: string): string => {
  const path = join(folder, `${name}.${kind}`);
  writeFileSync(path, inflateSync(Buffer.from(golden[kind][name], 'base64')));
  return path;
};
const columns = { characteristics: { exclude: [] } };

describe('files of other libraries', () => {
  it.each(Object.keys(golden.arrow))('are read whatever the layout of text and numbers: %s', async (name) => {
    const { batch } = await readCrossSectionBatch(file('arrow', name), columns);
    expect(batch.assetIds).toEqual(['A', 'a name of more than twelve letters', 'another one, longer than twelve']);
    expect([...batch.characteristics]).toEqual([1.5, NaN, -3, 4]);
    expect([...batch.timestamps]).toEqual([Date.UTC(2020, 0, 31), Date.UTC(2020, 1, 29)]);
  });

  it('hold decimals that DuckDB reads right, or are refused by name', async () => {
    const { batch } = await readCrossSectionBatch(file('parquet', '38'), columns);
    expect([...batch.characteristics]).toEqual([1.5, NaN, -3, 4]);
    for (const digits of ['39', '76']) {
      const error = await failureOf(readCrossSectionBatch(file('parquet', digits), { characteristics: ['x'] }));
      expect(error).toMatchObject({
        field: expect.stringContaining('x (in '),
        found: `type DECIMAL of ${digits} digits`,
      });
      const left = await failureOf(readCrossSectionBatch(file('parquet', digits), columns));
      expect(left.found).toContain(`x (DECIMAL of ${digits} digits)`);
    }
  });
});
