import { describe, expect, it } from '@jest/globals';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { simulateConditionalFactorPanel } from '@ml4t/core/simulate';
import { IPCAModel } from '@ml4t/latent-factors';
import { exitCodes } from '../../src/exit-codes.ts';
import { fakeFamily } from '../fake-family.ts';
import { filesUnder, inFolder, ml4t, smallPanel, writeCsv, writeExperiment } from '../cli-fixtures.ts';

describe('ml4t inspect', () => {
  it('reads a saved model, whichever it is, and refuses a damaged one', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'ipca.model');
      const { batch } = simulateConditionalFactorPanel({ nAssets: 20, nDates: 20, nCharacteristics: 4, seed: 1 });
      const model = new IPCAModel({ nFactors: 2, constant: false });
      await model.fit(batch);
      await model.save(path);
      const { stdout } = await ml4t(['inspect', path, '--json']);
      const found = JSON.parse(stdout);
      expect(found).toMatchObject({ kind: 'artifact', modelType: 'ipca', config: { nFactors: 2 } });
      expect(found.arrays).toContainEqual({ name: 'gamma', shape: [4, 2], type: 'Float64' });
      expect((await ml4t(['inspect', path])).stdout).toMatch(/^a saved model: ipca, .*\n[^]*gamma +Float64 +4 x 2/);

      const file = await open(path, 'r+');
      await file.write(Buffer.from([1]), 0, 1, (await file.stat()).size - 1);
      await file.close();
      const damaged = await ml4t(['inspect', path]);
      expect(damaged.code).toBe(exitCodes.data);
      expect(damaged.stderr).toContain('SHA-256');
    });
  });

  it('counts a panel', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'panel.csv');
      const rows = smallPanel();
      await writeCsv(path, [{ ...rows[0], size: null }, ...rows.slice(2)]);
      const found = JSON.parse((await ml4t(['inspect', path, '--json'])).stdout);
      expect(found).toMatchObject({
        kind: 'panel',
        rows: 71,
        dates: 12,
        assets: 6,
        assetsPerDate: { least: 5, most: 6 },
      });
      const size = found.columns.find(({ name }: { name: string }) => name === 'size');
      expect(size.known).toBeCloseTo(70 / 71, 12);
      const values = rows.slice(2).map((row) => Number(row.size));
      expect(size.mean).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / 70, 12);
      expect(size.most).toBe(Math.max(...values));
    });
  });

  it('shows results, and says what is no such thing', async () => {
    await inFolder(async (folder) => {
      const level = (yaml: string): string => yaml.replace('type: ipca\n    config: { nFactors: 1 }', 'type: level');
      const path = await writeExperiment(folder, { text: level });
      await ml4t(['run', path], { packages: [fakeFamily()] });
      const { stdout, stderr } = await ml4t(['inspect', join(folder, 'results')]);
      expect(stderr).toBe('');
      expect(stdout).toMatch(/level +3 +/);
      expect(stdout).toContain('files: predictions.csv, factors.csv, diagnostics.json, summary.json');
      expect((await ml4t(['inspect', folder])).code).toBe(exitCodes.data);
      expect((await ml4t(['inspect', join(folder, 'nothing')])).stderr).toContain('nothing of that name');
      await writeFile(join(folder, 'short'), 'x');
      expect((await ml4t(['inspect', join(folder, 'short')])).code).toBe(exitCodes.data);
    });
  });

  it.each(['parquet', 'csv', 'csv.gz'])('reads every file that a run writes, as %s', async (format) => {
    await inFolder(async (folder) => {
      const path = await writeExperiment(folder, {
        text: (yaml) =>
          yaml
            .replace(
              '  - type: ipca\n    config: { nFactors: 1 }',
              '  - { type: level, name: one }\n  - { type: level, name: two }',
            )
            .replace('format: csv', `format: ${format}`),
      });
      const ran = await ml4t(['run', path], { packages: [fakeFamily()] });
      expect(ran).toMatchObject({ code: exitCodes.ok });
      const results = join(folder, 'results');
      // The drawing of a report has tests of its own.
      await writeFile(join(results, 'report.html'), '<!doctype html><title>Two levels</title>');
      const kinds: Record<string, unknown> = {};
      for (const name of await filesUnder(results)) {
        const inspected = await ml4t(['inspect', join(results, name), '--json']);
        expect([name, inspected.code, inspected.stderr]).toEqual([name, exitCodes.ok, '']);
        kinds[name.split('.')[0]] = JSON.parse(inspected.stdout).kind;
        expect((await ml4t(['inspect', join(results, name)])).stdout).not.toBe('');
      }
      expect(kinds).toEqual({
        diagnostics: 'diagnostics',
        factors: 'factors',
        predictions: 'predictions',
        report: 'report',
        summary: 'results',
      });
      const { stdout } = await ml4t(['inspect', join(results, `predictions.${format}`)]);
      expect(stdout).toContain(
        'predictions of a run: 72 rows, 6 dates (2020-07-31 to 2020-12-31); one (6 assets), two (6 assets)',
      );
      expect(JSON.parse((await ml4t(['inspect', join(results, `factors.${format}`), '--json'])).stdout).models).toEqual(
        { one: 1, two: 1 },
      );
    });
  });

  it.each(['weights', 'predictions', 'factors'])(
    "takes a panel of one's own that is called %s for a panel",
    async (name) => {
      await inFolder(async (folder) => {
        const path = join(folder, `${name}.csv`);
        await writeCsv(path, smallPanel());
        const { code, stderr, stdout } = await ml4t(['inspect', path]);
        expect([code, stderr]).toEqual([exitCodes.ok, '']);
        expect(stdout).toMatch(/^a panel: 72 rows/);
      });
    },
  );
});
