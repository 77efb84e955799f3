import { expect, it } from '@jest/globals';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { emptyProject, environment, installed, npmInstall } from '../registry/consumer.ts';

/** What arrives with each package when it is installed alone, and the most that it may take on disk. */
interface Expected {
  readonly packages: readonly string[];
  readonly megabytes: number;
}
const expected = JSON.parse(readFileSync(join(__dirname, 'installs.json'), 'utf8')) as Record<string, Expected>;
const names = Object.keys(expected);

it('knows every published package', () => {
  const folders = readdirSync(join(__dirname, '..', '..', 'packages'));
  expect(Object.keys(environment().tarballs).sort()).toEqual([...names].sort());
  expect(names).toHaveLength(folders.length);
});

it.each(names)('%s alone brings exactly what it needs', async (name) => {
  const cwd = await emptyProject('alone');
  await npmInstall(cwd, name);
  const found = await installed(cwd);
  expect(found.packages).toEqual([...expected[name].packages].sort());
  expect(found.megabytes).toBeLessThanOrEqual(expected[name].megabytes);
});
