import { describe, expect, it } from '@jest/globals';
import type { Ml4tError } from '@ml4t/core';
import { tableFromArrays } from 'apache-arrow';
import {
  readCrossSectionBatch,
  readPersistentPanelBatch,
  readPortfolioSequenceBatch,
  streamCrossSectionBatches,
  type DatasetMetadata,
} from '../../src/index.ts';
import { failureOf } from '../failures.ts';

/** Two assets over eight days; nothing is called by a usual name. */
const cells = Array.from({ length: 16 }, (_, row) => ({ t: Math.floor(row / 2), i: row % 2 }));
const table = tableFromArrays({
  at: cells.map(({ t }) => new Date(Date.UTC(2014, 0, 1 + t))),
  code: cells.map(({ i }) => `S${i}`),
  ret: Float64Array.from(cells, ({ t, i }) => t / 100 + i),
  size: Float64Array.from(cells, ({ t, i }) => t * i),
  value: Float64Array.from(cells, ({ t, i }) => t - i),
  vix: Float64Array.from(cells, ({ t }) => 10 + t),
  px: Float64Array.from(cells, ({ t, i }) => 100 + t + i),
});
const schema = { timestamp: 'at', asset: 'code', returns: 'ret', characteristics: ['value', 'size'], context: ['vix'] };
const semantics = { returns: { lag: 1 } };

const failure = (metadata: unknown, stated: object = {}): Promise<Ml4tError> =>
  failureOf(readCrossSectionBatch(table, { metadata: metadata as DatasetMetadata, ...stated }));

describe('the metadata of a dataset', () => {
  it.each<[string, DatasetMetadata]>([
    ['in sections', { schema, semantics }],
    ['without sections', { ...schema, returns: { column: 'ret', lag: 1 } }],
    ['under metadata', { name: 'prices', metadata: { schema, semantics } }],
    [
      'as ml4t spells them',
      {
        schema: {
          time_col: 'at',
          entity_col: ['code'],
          return_col: 'ret',
          feature_cols: ['value', 'size'],
          macro: 'vix',
        },
        semantics: { returns: 1, calendar: 'NYSE', frequency: 'daily' },
      },
    ],
    [
      'with what belongs to others',
      { owner: 'data', schema: { ...schema, sector: 'gics', currency: 'USD', assets: 500 }, semantics, schemas: 'v2' },
    ],
  ])('%s says what the columns are', async (_, metadata) => {
    const { batch, report } = await readCrossSectionBatch(table, { metadata });
    expect(report.columns).toEqual({
      timestamp: 'at',
      asset: 'code',
      returns: 'ret',
      factorReturns: undefined,
      characteristics: ['value', 'size'],
      context: ['vix'],
    });
    // lag 1: the return that ends on the next date.
    expect(batch.returns?.subarray(0, 2)).toEqual(Float64Array.of(0.01, 1.01));
    expect(batch.nRows).toBe(16);
  });

  it('is less than what is stated beside it', async () => {
    const { batch, report } = await readCrossSectionBatch(table, {
      metadata: { schema, semantics },
      returns: { column: 'ret', lag: 0 },
      characteristics: ['size'],
      context: [],
    });
    expect(report.columns).toMatchObject({ characteristics: ['size'], context: [] });
    expect(batch.returns?.[1]).toBe(1);
  });

  it('serves every batch and the stream, each as far as it knows the role', async () => {
    const metadata = { schema, semantics };
    const { batch: panel } = await readPersistentPanelBatch(table, { metadata });
    expect(panel.characteristicNames).toEqual(['value', 'size']);
    const prices = { schema: { ...schema, returns: undefined, close_col: 'px' } };
    const { batch: windows } = await readPortfolioSequenceBatch(table, { metadata: prices }, { windowLength: 3 });
    expect(windows.featureNames).toEqual(['value', 'size']);
    expect(windows.forwardReturns?.[0]).toBeCloseTo(1 / 100, 12);
    // Where the metadata name both, the returns, which say how they are dated.
    const both = { schema: { ...schema, close_col: 'px' }, semantics };
    const read = await readPortfolioSequenceBatch(table, { metadata: both }, { windowLength: 3 });
    expect(read.report.columns.returns).toBe('ret');
    let nRows = 0;
    for await (const part of streamCrossSectionBatches(table, { metadata }, { datesPerPart: 2 })) nRows += part.nRows;
    expect(nRows).toBe(16);
  });

  it.each<[unknown, object]>([
    [
      { schema: { ...schema, timestamp: 'att' }, semantics },
      { field: 'columns.metadata.schema.timestamp', remedy: 'Did you mean "at"?' },
    ],
    [{ schema, semantics: { returns: { lag: -1 } } }, { field: 'columns.metadata.semantics.returns.lag' }],
    [
      { schema },
      { field: 'columns.metadata.schema.returns', expected: 'its dating in the semantics: returns: { lag }' },
    ],
    [
      { schema: { ...schema, date: 'vix' }, semantics },
      { field: 'columns.metadata.schema.date', found: '"vix"', remedy: 'State it once.' },
    ],
    [{ schema: { ...schema, characteristics: 7 }, semantics }, { field: 'columns.metadata.schema.characteristics' }],
    [
      { schema: { ...schema, characteristics: ['value', 'sise'] }, semantics },
      { field: 'columns.metadata.schema.characteristics[1]' },
    ],
    [
      { schema: { timestmp: 'at' } },
      { field: 'columns.metadata.schema.timestmp', remedy: 'Did you mean "timestamp"?' },
    ],
    [{ schema: 'at' }, { field: 'columns.metadata.schema', found: '"at"' }],
    [{ metadata: [] }, { field: 'columns.metadata.metadata' }],
    ['schema.yaml', { field: 'columns.metadata', found: '"schema.yaml"' }],
    [
      { schema: { ...schema, asset: ['code', 'at'] }, semantics },
      { field: 'columns.metadata.schema.asset', expected: 'one text' },
    ],
    [
      { schema, semantics: { ...semantics, timestamp_format: 'dd/mm' } },
      { field: 'columns.metadata.semantics.timestamp_format' },
    ],
    [
      { schema: { timestamp: 'at', asset: 'code' } },
      { field: 'columns.characteristics', found: 'nothing, nor any in columns.metadata' },
    ],
  ])('names the section that is wrong: %j', async (metadata, expected) => {
    expect(await failure(metadata)).toMatchObject(expected);
  });
});
