// Makes a fresh clone ready with Node and npm alone: installs the locked dependencies, then builds every package.
// Both steps are skipped when nothing has changed. `--skip-build` installs only.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, runPnpm, runTargets, since } from './workspace.mjs';

const skipBuild = process.argv.includes('--skip-build');

requireNode();
await install();
if (!skipBuild) await build();

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(`Node >= 20.19 is needed, this is ${process.versions.node}. Install a newer one from https://nodejs.org.`);
}

async function install() {
  // The stamp lives in node_modules, so it goes when that folder goes.
  const stamp = join(root, 'node_modules', '.ml4t-lock');
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'pnpm-lock.yaml')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  const start = performance.now();
  console.log('setup: installing the locked dependencies …');
  const { code, output } = await runPnpm(['install', '--frozen-lockfile'], { env: { CI: 'true' } });
  if (code !== 0)
    fail(`the dependencies could not be installed (exit code ${code}).\n${output}\nIs the npm registry reachable?`);
  writeFileSync(stamp, lock);
  console.log(`setup: dependencies installed in ${since(start)}`);
}

async function build() {
  const start = performance.now();
  console.log('setup: building the packages …');
  const { code, output } = await runTargets(['build']);
  if (code !== 0) fail(`the build failed (exit code ${code}).\n${output}`);
  console.log(`setup: built in ${since(start)}`);
}

function fail(message) {
  console.error(`setup: ${message}`);
  process.exit(1);
}
