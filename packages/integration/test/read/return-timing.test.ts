import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { ReturnTiming } from '@ml4t/core/authoring';
import {
  readCrossSectionBatch,
  readPersistentPanelBatch,
  readPortfolioSequenceBatch,
  streamCrossSectionBatches,
  type DatedColumn,
  type PanelColumns,
} from '../../src/index.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const path = join(temporaryFolder(), 'panel.csv');
writeFileSync(
  path,
  [
    'date,ticker,size,ret,managed',
    ...Array.from({ length: 24 }, (_, t) => `2014-01-${String(t + 1).padStart(2, '0')},A,1,${t / 100},${t / 50}`),
    '',
  ].join('\n'),
);
const timing = ({ returnHorizon, realisationLag }: ReturnTiming): number[] => [returnHorizon, realisationLag];

/** The timing of the batch of every reader. */
async function timings(columns: Omit<PanelColumns, 'characteristics'> & { returns: DatedColumn }): Promise<number[][]> {
  const roles = { ...columns, characteristics: ['size'] };
  const streamed: number[][] = [];
  for await (const part of streamCrossSectionBatches(path, roles, { datesPerPart: 7 })) streamed.push(timing(part));
  return [timing((await readCrossSectionBatch(path, roles)).batch), ...streamed];
}

describe('the timing of returns that are read', () => {
  it.each<[DatedColumn, number[]]>([
    [{ column: 'ret', lag: 0 }, [1, 1]],
    [{ column: 'ret', lag: 1 }, [1, 1]],
    [{ column: 'ret', lag: 5 }, [5, 5]],
    [{ column: 'ret', lag: 0, horizon: 5 }, [5, 5]],
    [{ column: 'ret', lag: 2, horizon: 1 }, [1, 2]],
    [{ column: 'ret', lag: 0, horizon: 1, realisationLag: 2 }, [1, 2]],
  ])('is on the batch of every reader: %j', async (returns, expected) => {
    for (const found of await timings({ returns })) expect(found).toEqual(expected);
    expect(timing((await readPersistentPanelBatch(path, { returns })).batch)).toEqual(expected);
    const windows = await readPortfolioSequenceBatch(path, { returns, features: ['size'] }, { windowLength: 3 });
    expect(timing(windows.batch)).toEqual(expected);
    const metadata = { schema: { returns: 'ret' }, semantics: { returns: { ...returns, column: undefined } } };
    const { batch } = await readCrossSectionBatch(path, { metadata, characteristics: ['size'] });
    expect(timing(batch)).toEqual(expected);
  });

  it('is known when returns and factor returns are', async () => {
    const factorReturns = { column: 'managed', lag: 3 };
    for (const found of await timings({ returns: { column: 'ret', lag: 1 }, factorReturns }))
      expect(found).toEqual([1, 3]);
  });

  it('names the place of what contradicts the lag', async () => {
    await expect(timings({ returns: { column: 'ret', lag: 1, horizon: 5 } })).rejects.toMatchObject({
      name: 'ConfigError',
      field: 'columns.returns.horizon',
      expected: expect.stringContaining('at most 1, the lag'),
      remedy: expect.stringContaining('State lag: 5'),
    });
    const metadata = { returns: { column: 'ret', lag: 5, realisationLag: 2 } };
    await expect(readCrossSectionBatch(path, { metadata, characteristics: ['size'] })).rejects.toMatchObject({
      field: 'columns.metadata.returns.realisationLag',
    });
    await expect(timings({ returns: { column: 'ret', lag: 0, horizon: 0 } })).rejects.toMatchObject({
      field: 'columns.returns.horizon',
    });
  });
});
