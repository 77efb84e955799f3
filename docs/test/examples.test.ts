import { transformSync } from '@swc/core';
import { expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Every page is one program: its `ts` blocks in order, with the types stripped, run by Node against the built packages in an
// empty folder. A page whose examples throw, or print nothing, is wrong.
const root = join(__dirname, '..', '..');
const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    // The pages of integration and the command are run by those packages' own tests, which make their files.
    .filter((name) => name.endsWith('.md') && !/node_modules|reference|integration\.md|cli\.md/.test(name))
    .map((name) => join('docs', name)),
];
const programs = pages
  .map((page) => {
    const blocks = [...readFileSync(join(root, page), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```/gm)];
    return { page, code: blocks.map((block) => block[1]).join('\n') };
  })
  .filter(({ code }) => code !== '');

it.each(programs)('the examples of $page run', ({ code }) => {
  const folder = mkdtempSync(join(tmpdir(), 'ml4t-docs-'));
  try {
    symlinkSync(join(root, 'docs', 'node_modules'), join(folder, 'node_modules'), 'junction');
    const { code: javascript } = transformSync(code, {
      jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
      module: { type: 'es6' },
    });
    writeFileSync(join(folder, 'example.mjs'), javascript);
    const run = spawnSync(process.execPath, ['example.mjs'], { cwd: folder, encoding: 'utf8' });
    expect(run.stderr).toBe('');
    expect(run.status).toBe(0);
    expect(run.stdout).not.toBe('');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
