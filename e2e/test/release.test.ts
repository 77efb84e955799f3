import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { succeed } from '../registry/command.ts';

// The release of a copy of the workspace: its manifests and settings, in a repository with commits of its own.
const root = join(__dirname, '..', '..');
let copy: string;
const git = (...args: readonly string[]): Promise<string> =>
  succeed('git', ['-c', 'user.name=e2e', '-c', 'user.email=e2e@localhost', ...args], { cwd: copy });

beforeAll(async () => {
  copy = mkdtempSync(join(tmpdir(), 'ml4t-release-'));
  for (const file of ['package.json', 'nx.json', 'pnpm-workspace.yaml', 'pnpm-lock.yaml', 'CHANGELOG.md'])
    cpSync(join(root, file), join(copy, file));
  for (const name of readdirSync(join(root, 'packages')))
    cpSync(join(root, 'packages', name, 'package.json'), join(copy, 'packages', name, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction');
  writeFileSync(join(copy, '.gitignore'), 'node_modules\n.nx\n');
  await git('init', '--initial-branch=main');
  await git('add', '.');
  await git('commit', '-m', 'chore: begin');
  await git('tag', 'v1.2.3');
  const change = async (file: string, message: string): Promise<void> => {
    writeFileSync(join(copy, 'packages', file, 'change.txt'), message);
    await git('add', '.');
    await git('commit', '-m', message);
  };
  await change('latent-factors', 'feat(ipca): test single instruments');
  await change('core', 'fix(core): name the row of a duplicate');
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

it('gives all packages one version, from the commits, and writes the changelog', async () => {
  const nx = join(root, 'node_modules', 'nx', 'dist/bin/nx.js');
  await succeed(process.execPath, [nx, 'release', '--skip-publish'], {
    cwd: copy,
    env: {
      NX_DAEMON: 'false',
      NX_ISOLATE_PLUGINS: 'false',
      NX_TUI: 'false',
      GIT_AUTHOR_NAME: 'e2e',
      GIT_AUTHOR_EMAIL: 'e2e@localhost',
      GIT_COMMITTER_NAME: 'e2e',
      GIT_COMMITTER_EMAIL: 'e2e@localhost',
      npm_config_user_agent: 'pnpm/10',
    },
  });
  for (const name of readdirSync(join(copy, 'packages'))) {
    const manifest = JSON.parse(readFileSync(join(copy, 'packages', name, 'package.json'), 'utf8')) as {
      version: string;
      dependencies: Record<string, string>;
    };
    expect(`${name} ${manifest.version}`).toBe(`${name} 1.3.0`);
    // The protocol stays in the sources; packing turns it into a range.
    if (name !== 'core') expect(manifest.dependencies['@ml4t/core']).toBe('workspace:^');
  }
  const changelog = readFileSync(join(copy, 'CHANGELOG.md'), 'utf8');
  expect(changelog).toContain('## 1.3.0');
  expect(changelog).toMatch(/ipca.*test single instruments/);
  expect(changelog).toMatch(/core.*name the row of a duplicate/);
  expect((await git('tag', '--list')).split('\n')).toContain('v1.3.0');
  expect(await git('log', '-1', '--format=%s')).toBe('chore: release 1.3.0\n');
});
