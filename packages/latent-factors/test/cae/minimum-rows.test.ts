import { describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CAEModel } from '../../src/index.ts';
import { quick, smallPanel } from './panel.ts';

const { batch } = smallPanel(1);
const config = { ...quick, factors: 'regression', ensembleSize: 1 } as const;

/** The panel with only `rows` returns known on every tenth date. */
function thinned(rows: number) {
  const returns = batch.requireReturns('this test').slice();
  for (let t = 0; t < batch.nDates; t += 10)
    returns.fill(Number.NaN, batch.index.rowOffsets[t] + rows, batch.index.rowOffsets[t + 1]);
  return batch.withReturns(returns);
}

describe('factors by regression on dates with few rows', () => {
  it('are neither trained on nor extracted: the fit is that of the other dates', async () => {
    const [thin, without] = [new CAEModel(config), new CAEModel(config)];
    const summary = await thin.fit(thinned(4));
    expect(summary.trainMetrics).toEqual((await without.fit(thinned(0))).trainMetrics);
    const { factorReturns } = await thin.extract(thinned(4));
    expect(factorReturns).toEqual((await without.extract(thinned(0))).factorReturns);
    // Two factors: 12 rows, or half of the 40 of the median date, which is more.
    for (const [rows, known] of [
      [11, false],
      [12, true],
    ] as const) {
      const state = await thin.extract(thinned(rows));
      expect(Number.isNaN(state.factorReturns[0])).toBe(!known);
      expect(Number.isNaN(state.factorReturns[2])).toBe(false);
    }
  });

  it('are of the training panel: an artifact and a later panel keep the number', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cae-'));
    try {
      const model = new CAEModel(config);
      await model.fit(batch);
      await model.save(join(folder, 'model'));
      const loaded = await CAEModel.load(join(folder, 'model'));
      const small = thinned(11).slice(0, 1);
      expect((await loaded.extract(small)).factorReturns.every(Number.isNaN)).toBe(true);
      expect((await loaded.extract(batch)).factorReturns).toEqual((await model.extract(batch)).factorReturns);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
