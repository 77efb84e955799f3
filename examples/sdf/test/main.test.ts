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

it('finds a portfolio that earns something out of sample, and no more than the true one', () => {
  const rows = run();
  const sharpe = (portfolio: string): number => Number(rows.get(portfolio)?.[0]);
  expect(sharpe('test dates')).toBeGreaterThan(0.3);
  expect(sharpe('test dates')).toBeLessThan(sharpe('test dates, true loadings') + 0.1);
  expect(sharpe('test dates, true loadings')).toBeGreaterThan(0.7);
});
