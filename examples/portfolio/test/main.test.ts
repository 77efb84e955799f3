import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';

/** Runs the example, and gives back the rows of its tables by their first column. */
function run(): Map<string, string[]> {
  const main = join(__dirname, '..', 'dist', 'main.js');
  const { stdout, stderr, status } = spawnSync(process.execPath, [main], { encoding: 'utf8' });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  const cells = stdout.split('\n').filter((line) => line.startsWith('│'));
  const rows = cells.map((line) =>
    line
      .split('│')
      .slice(2, -1)
      .map((cell) => cell.trim().replaceAll("'", '')),
  );
  return new Map(rows.map(([name, ...values]) => [name, values]));
}

it('earns more than equal weights after costs, and keeps to its limits', () => {
  const rows = run();
  const [gross, net] = (rows.get('trained') ?? []).map(Number);
  expect(net).toBeLessThan(gross);
  expect(net).toBeGreaterThan(Number(rows.get('equal weights')?.[1]));
  expect(Number(rows.get('trained, within limits')?.[2])).toBeLessThanOrEqual(0.4);
  expect(Number(rows.get('equal weights')?.[2])).toBeLessThanOrEqual(0.125);
});
