import { describe, expect, it } from '@jest/globals';
import { findingCodes } from '@ml4t/core';
import { exitCodes } from '../../src/exit-codes.ts';
import { inFolder, filesUnder, ml4t, smallPanel, writeExperiment, type Row } from '../cli-fixtures.ts';
import { fakeFamily } from '../fake-family.ts';

/** The panel of the fixtures with a column that holds the next date's return of the same asset. */
function leaking(): Row[] {
  const rows = smallPanel();
  return rows.map((row, i) => ({ ...row, ret_fwd1m: rows[i + 6]?.ret ?? null }));
}

const level = (yaml: string): string => yaml.replace(/models:[^]*?(?=split)/, 'models: [{ type: level }]\n');
const check = (path: string, ...more: string[]) => ml4t(['check', path, ...more], { packages: [fakeFamily()] });

describe('ml4t check', () => {
  it('shows the role of every column, and what is odd, and fits nothing', async () => {
    await inFolder(async (folder) => {
      const path = await writeExperiment(folder, { rows: leaking(), text: level });
      const before = await filesUnder(folder);
      const { code, stdout, stderr } = await check(path);
      expect([code, stderr]).toEqual([exitCodes.ok, '']);
      expect(stdout).toMatch(/^ret +returns /m);
      expect(stdout).toMatch(/^size +characteristic /m);
      expect(stdout).toMatch(/^ret_fwd1m +characteristic /m);
      expect(stdout).toMatch(
        /^leak \(ret_fwd1m\): it equals the return after the next date|^label: ret_fwd1m|^leak \(ret_fwd1m\)/m,
      );
      expect(stdout).toMatch(/^note, thin-cross-sections/m);
      expect(stdout).toMatch(/data: \{ ignore: \[(leak|label), thin-cross-sections\] \}/);
      expect(await filesUnder(folder)).toEqual(before);
    });
  });

  it('--strict makes warnings an error, of the data, in check and before the first fit of run', async () => {
    await inFolder(async (folder) => {
      const path = await writeExperiment(folder, { rows: leaking(), text: level });
      let fits = 0;
      for (const command of ['check', 'run']) {
        const outcome = await ml4t([command, path, '--strict'], {
          packages: [fakeFamily({ onFit: () => void fits++ })],
        });
        expect(outcome.code).toBe(exitCodes.data);
        expect(outcome.stderr).toMatch(
          /^ml4t: experiment\.data: expected a panel with nothing to warn of \(--strict\), found 1 finding: .*ret_fwd1m.*data\.ignore: \[(leak|label)\]\.\n$/,
        );
      }
      expect(fits).toBe(0);
    });
  });

  it('a finding is answered by its code, in check and in run', async () => {
    await inFolder(async (folder) => {
      const all = `[${findingCodes.join(', ')}]`;
      const path = await writeExperiment(folder, {
        rows: leaking(),
        text: (yaml) => level(yaml).replace('  returns', `  ignore: ${all}\n  returns`),
      });
      const checked = await check(path, '--strict');
      expect([checked.code, checked.stderr]).toEqual([exitCodes.ok, '']);
      expect(checked.stdout).toMatch(/nothing to warn of/);
      expect((await ml4t(['run', path, '--strict'], { packages: [fakeFamily()] })).code).toBe(exitCodes.ok);
    });
  });

  it('run warns, names the characteristics, and keeps the findings in its summary', async () => {
    await inFolder(async (folder) => {
      const path = await writeExperiment(folder, { rows: leaking(), text: level });
      const { stdout, stderr } = await ml4t(['run', path], { packages: [fakeFamily()] });
      expect(stderr).toMatch(/warning: (leak|label).*ret_fwd1m/);
      expect(stderr).not.toMatch(/thin-cross-sections/);
      expect(stdout).toMatch(/3 characteristics: size, value, ret_fwd1m/);
      const { stdout: json } = await ml4t(['run', path, '--json'], { packages: [fakeFamily()] });
      const { findings } = JSON.parse(json) as { findings: { code: string; columns: string[] }[] };
      expect(findings.map(({ code }) => code)).toContain('thin-cross-sections');
      expect(findings[0].columns).toEqual(['ret_fwd1m']);
    });
  });

  it('refuses what an experiment may not say, as run does', async () => {
    await inFolder(async (folder) => {
      const path = await writeExperiment(folder, {
        text: (yaml) => level(yaml).replace('  returns', '  ignore: [leek]\n  returns'),
      });
      const { code, stderr } = await check(path);
      expect(code).toBe(exitCodes.config);
      expect(stderr).toMatch(/experiment\.data\.ignore/);
    });
  });

  it('prints JSON', async () => {
    await inFolder(async (folder) => {
      const path = await writeExperiment(folder, { rows: leaking(), text: level });
      const { stdout } = await check(path, '--json');
      const found = JSON.parse(stdout) as {
        columns: { name: string; role: string }[];
        findings: { code: string }[];
        rows: number;
      };
      expect(found.rows).toBe(72);
      expect(found.columns.map(({ name, role }) => `${name} ${role}`)).toEqual([
        'ret returns',
        'size characteristic',
        'value characteristic',
        'ret_fwd1m characteristic',
      ]);
      expect(found.findings.length).toBeGreaterThan(0);
    });
  });
});
