import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { runExample } from '@ml4t/example-testing';

const folder = join(__dirname, '..');

/** PGlite always, and the server of DATABASE_URL where there is one. */
const { DATABASE_URL, ...others } = process.env;
const servers: [string, NodeJS.ProcessEnv][] = [
  ['PGlite', others],
  ...(DATABASE_URL === undefined ? [] : [['the server of DATABASE_URL', process.env] as [string, NodeJS.ProcessEnv]]),
];

it.each(servers)('fits a panel that is streamed from %s', (_, env) => {
  // The heading, and one row.
  const [, [server, values]] = [...runExample(folder, { env })];
  expect(server).toMatch(/^\d+\.\d+/);
  const [testMonths, totalR2, exposures] = values.map(Number);
  expect(testMonths).toBe(20);
  expect(totalR2).toBeGreaterThan(0.15);
  expect(exposures).toBe(20 * 60 * 3);
});
