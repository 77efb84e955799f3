import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { AssetForecastResult, PanelIndex } from '@ml4t/core';
import { tableFromIPC, tableToIPC, Table, vectorFromArray, Utf8 } from 'apache-arrow';
import fc from 'fast-check';
import { textVector } from '../../src/arrow/text-vector.ts';
import { predictionsTable, writeFrame } from '../../src/index.ts';

describe('a column of texts', () => {
  it('holds every text, also after it was written and read', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', 'é', '\u{1f600}', '\ud83d'))),
        (texts) => {
          // A lone surrogate has no bytes of its own: what stands for it is what Arrow's own builder writes.
          const expected = [...vectorFromArray(texts, new Utf8())];
          const vector = textVector(texts);
          expect([...vector]).toEqual(expected);
          if (texts.length > 0)
            expect([...(tableFromIPC(tableToIPC(new Table({ texts: vector }))).getChild('texts') ?? [])]).toEqual(
              expected,
            );
        },
      ),
    );
  });

  it('keeps halves of a character apart that two texts end and begin with', () => {
    expect([...textVector(['a\ud83d', '\ude00b'])]).toEqual(['a\ufffd', '\ufffdb']);
  });

  it('is written where code must not be made at run time, with the tables that are made of it', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'ml4t-text-')), 'table');
    const index = new PanelIndex({
      timestamps: Float64Array.of(0, 1000),
      rowOffsets: Int32Array.of(0, 2, 3),
      assetIndex: Int32Array.of(1, 0, 1),
      assetIds: ['a', 'b'],
    });
    const MakingCode = globalThis.Function;
    const refuse = (): never => {
      throw new EvalError('Code generation from strings disallowed for this context');
    };
    globalThis.Function = new Proxy(MakingCode, { construct: refuse, apply: refuse });
    try {
      expect(() => vectorFromArray(['a'], new Utf8())).toThrow(EvalError);
      const table = predictionsTable(new AssetForecastResult({ index, expectedReturns: Float64Array.of(1, 2, 3) }));
      for (const ending of ['parquet', 'csv', 'arrow'])
        expect((await writeFrame(table, `${path}.${ending}`)).nRows).toBe(3);
    } finally {
      globalThis.Function = MakingCode;
    }
  });

  it('says by name what is no table and no path', async () => {
    for (const wrong of [undefined, null, 5, {}, []])
      await expect(writeFrame(wrong as unknown as Table, 'x.parquet')).rejects.toMatchObject({ name: 'OutputError' });
    const table = new Table({ x: textVector(['a']) });
    for (const wrong of [undefined, null, 5])
      await expect(writeFrame(table, wrong as unknown as string)).rejects.toMatchObject({ field: 'path' });
  });
});
