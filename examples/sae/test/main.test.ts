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

it('predicts what a line cannot', () => {
  const rows = run();
  const rankIC = (prediction: string): number => Number(rows.get(prediction)?.[0]);
  expect(rankIC('line')).toBeGreaterThan(0.1);
  expect(rankIC('autoencoder')).toBeGreaterThan(1.2 * rankIC('line'));
  expect(rankIC('the truth')).toBeGreaterThan(rankIC('autoencoder'));
});
