import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { CrossSectionBatch, rollingSplits, walkForward } from '@ml4t/core';
import { latentFactorColumns } from '@ml4t/core/authoring';
import { IPCAModel, LatentFactorForecastPipeline } from '@ml4t/latent-factors';
import { factorSeries, timingWith, withoutFactorColumns } from '../../src/experiment/pre-specified-factors.ts';
import { inFolder, ml4t } from '../cli-fixtures.ts';

const [nDates, nAssets] = [40, 14];
const dates = Array.from({ length: nDates }, (_, t) => new Date(Date.UTC(2020, t + 1, 0)));
/** The return of the market that ends on each date. */
const market = dates.map((_, t) => Math.sin(t * t) / 30 + 0.004);
const size = (t: number, i: number): number => Math.cos(5 * t + 11 * i);
/** Earned after each date, on the return of the market that ends on the next one. */
const earned = (t: number, i: number): number => size(t, i) * (market[t + 1] ?? 0) + Math.sin(t + 13 * i) / 200;

async function writePanel(folder: string, models: string): Promise<string> {
  const rows = ['date,asset,size,ret,mkt,vix'];
  for (let t = 0; t < nDates; t++)
    for (let i = 0; i < nAssets; i++)
      rows.push(`${dates[t].toISOString().slice(0, 10)},a${i},${size(t, i)},${earned(t, i)},${market[t]},${t}`);
  await writeFile(join(folder, 'panel.csv'), rows.join('\n'));
  const path = join(folder, 'run.yaml');
  await writeFile(
    path,
    `{ data: { source: panel.csv, returns: { column: ret, lag: 0 }, characteristics: [size], context: [vix],` +
      ` preSpecifiedFactors: { columns: [mkt], lag: 1 } }, models: ${models},` +
      ` split: { scheme: rolling, initialTrain: 20, testSize: 10 },` +
      ` outputs: { format: csv, report: false, importance: false } }`,
  );
  return path;
}

describe('observable factors in an experiment', () => {
  it('are fitted and forecast beside models with latent ones, as the pipeline does it', async () => {
    await inFolder(async (folder) => {
      const path = await writePanel(
        folder,
        '[{ name: latent, type: ipca, config: { nFactors: 1 } }, { name: capm, type: ipca, config: { nFactors: 0 }, preSpecifiedFactors: [mkt] }]',
      );
      const run = await ml4t(['run', path]);
      expect(run.code).toBe(0);
      const { models } = JSON.parse(await readFile(join(folder, 'results', 'summary.json'), 'utf8')) as {
        models: { model: string; scores: { totalR2: number; predictiveR2: number; coverage: number } }[];
      };
      const capm = models.find(({ model }) => model === 'capm')?.scores;
      // The market is the factor that the returns are made of.
      expect(capm?.totalR2).toBeGreaterThan(0.9);
      expect(capm?.coverage).toBe(1);
      const rows = dates.flatMap((date, t) => Array.from({ length: nAssets }, (_, i) => ({ date, t, i })));
      const batch = CrossSectionBatch.fromRows({
        timestamps: rows.map(({ date }) => date),
        assets: rows.map(({ i }) => `a${i}`),
        characteristics: { size: rows.map(({ t, i }) => size(t, i)) },
        returns: rows.map(({ t, i }) => earned(t, i)),
        returnLag: 0,
      });
      const preSpecifiedFactors = {
        names: ['mkt'],
        timestamps: batch.timestamps,
        values: Float64Array.from(dates, (_, t) => market[t + 1] ?? Number.NaN),
      };
      const byHand = await walkForward({
        batch,
        splits: rollingSplits(batch, { trainSize: 20, testSize: 10 }),
        create: () => {
          const pipeline = new LatentFactorForecastPipeline({ model: new IPCAModel({ nFactors: 0 }) });
          return {
            fit: (on: CrossSectionBatch, options: object) => pipeline.fit(on, { ...options, preSpecifiedFactors }),
            predict: (on: CrossSectionBatch) => pipeline.predict(on),
          };
        },
        columns: latentFactorColumns,
      });
      const [header, ...lines] = (await readFile(join(folder, 'results', 'predictions.csv'), 'utf8'))
        .trim()
        .split('\n');
      const names = header.split(',');
      const forecasts = lines
        .map((line) => line.split(','))
        .filter((cells) => cells[names.indexOf('model')] === 'capm')
        .map((cells) => Number(cells[names.indexOf('y_score')]));
      expect(forecasts).toEqual(Array.from(byHand.columns.forecast));
    });
  });

  it('are refused by name where a model or the data do not have them', async () => {
    await inFolder(async (folder) => {
      const unknown = await ml4t(['run', await writePanel(folder, '[{ type: ipca, preSpecifiedFactors: [smb] }]')]);
      expect(unknown.stderr).toContain('experiment.models[0].preSpecifiedFactors[0]: expected one of mkt, found "smb"');
      const other = await ml4t(['run', await writePanel(folder, '[{ type: pca, preSpecifiedFactors: [mkt] }]')]);
      expect(other.stderr).toContain('preSpecifiedFactors: expected none: pca takes no observable factors');
      for (const { code } of [unknown, other]) expect(code).not.toBe(0);
    });
  });

  it('are dated as returns are, and no context of any model', () => {
    const batch = new CrossSectionBatch({
      index: CrossSectionBatch.fromRows({
        timestamps: [1, 2, 3, 4],
        assets: ['a', 'a', 'a', 'a'],
        characteristics: { x: [0, 0, 0, 0] },
      }).index,
      characteristicNames: ['x'],
      characteristics: [[0], [0], [0], [0]],
      contextNames: ['vix', 'mkt', 'smb'],
      contextFeatures: [
        [10, 1, 5],
        [20, 2, 6],
        [30, 3, 7],
        [40, 4, 8],
      ],
    });
    const factors = { columns: ['mkt', 'smb'], lag: 2 };
    expect(Array.from(factorSeries(batch, factors, ['smb'])?.values ?? [])).toEqual([7, 8, Number.NaN, Number.NaN]);
    expect(Array.from(factorSeries(batch, { ...factors, lag: 0 }, ['smb', 'mkt'])?.values ?? [])).toEqual([
      5, 1, 6, 2, 7, 3, 8, 4,
    ]);
    expect(factorSeries(batch, factors, undefined)).toBeUndefined();
    const seen = withoutFactorColumns(batch, factors);
    expect([seen.contextNames, Array.from(seen.contextFeatures ?? [])]).toEqual([['vix'], [10, 20, 30, 40]]);
    const none = withoutFactorColumns(batch, { columns: ['vix', 'mkt', 'smb'], lag: 1 });
    expect([none.contextNames, none.contextFeatures]).toEqual([[], undefined]);
    expect(withoutFactorColumns(batch, undefined)).toBe(batch);
    expect(timingWith({ returnHorizon: 1, realisationLag: 1 }, factors)).toEqual({
      returnHorizon: 1,
      realisationLag: 2,
    });
  });
});
