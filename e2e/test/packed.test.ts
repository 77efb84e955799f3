import { expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environment } from '../registry/consumer.ts';
import { requireCeiling, weigh, type Ceiling } from '../registry/packed.ts';

const ceilings = JSON.parse(readFileSync(join(__dirname, 'packed.json'), 'utf8')) as Record<string, Ceiling>;

it('has a ceiling for every package', () => {
  expect(Object.keys(ceilings).sort()).toEqual(Object.keys(environment().tarballs).sort());
});

it.each(Object.keys(ceilings))('%s packs to no more than its ceiling', (name) => {
  requireCeiling(name, weigh(environment().tarballs[name]), ceilings[name]);
});

it('a tarball has what runs and its declarations, and no sources', () => {
  for (const tarball of Object.values(environment().tarballs))
    for (const folder of Object.keys(weigh(tarball).folders)) expect(folder).toMatch(/^(\.|dist(\/.*)?|wasm)$/);
});

it('says what grew', () => {
  const before = { kilobytes: 100, folders: { '.': 3, 'dist/engine': 200, 'dist/linalg': 90 } };
  const after = { kilobytes: 101, folders: { '.': 2, 'dist/engine': 230, 'dist/linalg': 90, 'dist/new': 5 } };
  requireCeiling('@ml4t/core', before, before);
  expect(() => requireCeiling('@ml4t/core', after, before)).toThrow(
    '@ml4t/core packs to 101 kB; its ceiling is 100 kB. Since that was set, these grew:\n' +
      '  dist/engine: 230 kB unpacked, 30 kB more\n' +
      '  dist/new: 5 kB unpacked, 5 kB more\n',
  );
});
