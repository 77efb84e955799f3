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

it('finds the planted factors out of sample, and never more than there is', () => {
  const rows = run();
  const scores = (model: string): number[] => (rows.get(model) ?? []).map(Number);
  const [totalR2, predictiveR2, rankIC] = scores('the truth');
  expect(scores('IPCA, 3 factors')[0]).toBeGreaterThan(scores('IPCA, 1 factor')[0]);
  // The design is linear in the characteristics: IPCA comes close to the truth.
  expect(scores('IPCA, 3 factors')[0]).toBeGreaterThan(0.9 * totalR2);
  expect(scores('autoencoder')[0]).toBeGreaterThan(0.8 * totalR2);
  for (const model of ['IPCA, 1 factor', 'IPCA, 3 factors', 'autoencoder']) {
    expect(scores(model)[0]).toBeLessThan(totalR2 + 0.05);
    expect(scores(model)[1]).toBeLessThan(predictiveR2 + 0.02);
  }
  expect(scores('IPCA, 3 factors')[2]).toBeGreaterThan(0.5 * rankIC);
});
