import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';

/** Runs the example, and gives back the rows of its tables by their first column. */
function run(env: NodeJS.ProcessEnv): Map<string, string[]> {
  const main = join(__dirname, '..', 'dist', 'main.js');
  const { stdout, stderr, status } = spawnSync(process.execPath, [main], { encoding: 'utf8', env });
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

/** PGlite always, and the server of DATABASE_URL where there is one. */
const { DATABASE_URL, ...others } = process.env;
const servers: [string, NodeJS.ProcessEnv][] = [
  ['PGlite', others],
  ...(DATABASE_URL === undefined ? [] : [['the server of DATABASE_URL', process.env] as [string, NodeJS.ProcessEnv]]),
];

it.each(servers)('fits a panel that is streamed from %s', (_, env) => {
  // The heading, and one row.
  const [, [server, values]] = [...run(env)];
  expect(server).toMatch(/^\d+\.\d+/);
  const [testMonths, totalR2, exposures] = values.map(Number);
  expect(testMonths).toBe(20);
  expect(totalR2).toBeGreaterThan(0.15);
  expect(exposures).toBe(20 * 60 * 3);
});
