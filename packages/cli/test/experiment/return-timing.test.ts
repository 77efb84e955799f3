import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { expandingSplits } from '@ml4t/core';
import { simulateConditionalFactorPanel } from '@ml4t/core/simulate';
import { panelFrom, sharedPanel } from '../../src/executor/shared-panel.ts';
import { panelFingerprint } from '../../src/experiment/fingerprint.ts';
import { parseExperiment } from '../../src/experiment/load.ts';
import { splitDates } from '../../src/experiment/splits.ts';
import { inFolder, ml4t } from '../cli-fixtures.ts';

const { batch } = simulateConditionalFactorPanel({ nAssets: 12, nDates: 60, nCharacteristics: 3, seed: 1 });
const timed = batch.withReturns(batch.requireReturns('a test'), { returnHorizon: 5, realisationLag: 6 });
const splitOf = (yaml: string): Parameters<typeof splitDates>[1] =>
  parseExperiment(
    `{ data: { source: p.csv, returns: { column: r, lag: 5 } }, models: [{ type: ipca }], split: ${yaml} }`,
    'experiment.yaml',
  ).split;

describe('the timing of returns in an experiment', () => {
  it('decides how many dates a fold leaves out, and which purge is too short', () => {
    for (const scheme of ['expanding', 'rolling']) {
      const sizes = `scheme: ${scheme}, initialTrain: 20, testSize: 5`;
      const [{ train, validation, test }] = splitDates(timed, splitOf(`{ ${sizes}, validationSize: 5 }`));
      expect([(validation?.from ?? 0) - train.to, test.from - (validation?.to ?? 0)]).toEqual([5, 5]);
      expect(() => splitDates(timed, splitOf(`{ ${sizes}, purge: 4 }`))).toThrow(
        /^experiment\.split\.purge: expected at least 5: returns are known after 6 dates.*found 4.*allowOverlap: true/,
      );
      const [open] = splitDates(timed, splitOf(`{ ${sizes}, purge: 4, allowOverlap: true }`));
      expect(open.test.from - open.train.to).toBe(4);
      const [longer] = splitDates(timed, splitOf(`{ ${sizes}, purge: 9 }`));
      expect(longer.test.from - longer.train.to).toBe(9);
    }
    expect(splitDates(60, splitOf('{ initialTrain: 20, testSize: 5 }'))).toEqual(
      expandingSplits(60, { initialTrain: 20, testSize: 5 }),
    );
  });

  it('goes with the panel to its workers, and makes another panel of it', () => {
    const shared = panelFrom(sharedPanel(timed));
    expect([shared.returnHorizon, shared.realisationLag]).toEqual([5, 6]);
    expect(panelFingerprint(timed)).not.toBe(panelFingerprint(batch));
    expect(panelFingerprint(shared)).toBe(panelFingerprint(timed));
  });

  it('runs from the file to the figures, with the lag of the forecaster where the experiment says none', async () => {
    await inFolder(async (folder) => {
      const rows = ['date,asset,x,ret'];
      for (let t = 0; t < 90; t++)
        for (let i = 0; i < 12; i++)
          rows.push(
            `${new Date(Date.UTC(2020, 0, 1 + t)).toISOString().slice(0, 10)},a${i},${Math.sin(i * i + t)},${Math.cos(t * t + i) / 50}`,
          );
      await writeFile(join(folder, 'panel.csv'), rows.join('\n'));
      const experiment = (split: string): string =>
        `{ data: { source: panel.csv, returns: { column: ret, lag: 5 } }, outputs: { report: false, importance: false },` +
        ` models: [{ type: ipca, config: { nFactors: 1 } }], split: { initialTrain: 40, testSize: 15, ${split} } }`;
      await writeFile(join(folder, 'run.yaml'), experiment(''));
      await writeFile(join(folder, 'short.yaml'), experiment('purge: 3'));
      const run = await ml4t(['run', join(folder, 'run.yaml')]);
      expect(run.code).toBe(0);
      expect(run.stdout).toMatch(
        /ipca on \d+ dates whose returns do not overlap: rank IC .* ± .*, portfolio SR .* ± .*, turnover/,
      );
      const { models } = JSON.parse(await readFile(join(folder, 'results', 'summary.json'), 'utf8')) as {
        models: {
          folds: { train: unknown; test: unknown }[];
          scores: { horizon: number; nonOverlapping: { dates: number } };
          strategy: { nonOverlapping: { dates: number } };
        }[];
      };
      // Four dates lie between, whose returns reach into the test dates.
      expect(models[0].folds[0]).toMatchObject({
        train: ['2020-01-01', '2020-02-09'],
        test: ['2020-02-14', '2020-02-28'],
      });
      // Test dates 44 to 84, the last whose return is known: of 41 dates every fifth.
      const [{ scores, strategy }] = models;
      expect([scores.horizon, scores.nonOverlapping.dates, strategy.nonOverlapping.dates]).toEqual([5, 9, 9]);
      const refused = await ml4t(['run', join(folder, 'short.yaml')]);
      expect(refused.code).not.toBe(0);
      expect(refused.stderr).toContain('experiment.split.purge: expected at least 4');
    });
  });
});
