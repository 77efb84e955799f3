// Everything that has to hold before a change is taken: format, lint, build, types, tests, packaging.
// Prints what failed in full and, as the last line, `N passed, N failed`: the tests of every package, plus one
// failure for each other step that failed.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, runPnpm, runTargets, since, writeProjectGraph } from './workspace.mjs';

const reportName = 'coverage/test-report.json';
const projects = projectFolders();

let passed = 0;
let failed = 0;

// Targets in one run, so that Nx builds each package once and keeps all cores busy; the first builds leave one free.
await Promise.all([sources(), check(['build', 'typecheck', 'check:pack', 'check:api', 'check:site'])]);
// After the build: the tests need the compiled kernels.
await test();

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** Format and lint of the whole workspace, each at once: one process of the linter a package takes longer to start than to lint. */
async function sources() {
  await step('format', 'prettier', '--check', '.');
  await writeProjectGraph();
  await step('lint', 'eslint', '.');
  await step('circles', 'node', 'tools/circles.mjs');
}

async function step(name, ...command) {
  const start = performance.now();
  const { code, output } = await runPnpm(['exec', ...command]);
  report(name, code === 0, start);
  if (code === 0) return;
  console.log(output);
  failed++;
}

async function check(targets) {
  const start = performance.now();
  const { code, output } = await runTargets(targets);
  // Nx closes with a list of what failed: `- @ml4t/core:lint`.
  const broken = code === 0 ? [] : targets.filter((target) => new RegExp(`^- \\S+?:"?${target}"?$`, 'm').test(output));
  for (const target of targets) report(target, !broken.includes(target), start);
  if (code === 0) return;
  console.log(output);
  failed += Math.max(1, broken.length);
}

function report(name, isOk, start) {
  console.log(`verify: ${name} ${isOk ? 'ok' : 'FAILED'} (${since(start)})`);
}

async function test() {
  const start = performance.now();
  for (const folder of projects) {
    rmSync(join(folder, reportName), { force: true });
    mkdirSync(join(folder, 'coverage'), { recursive: true });
  }
  const { code, output } = await runTargets(['test'], ['--json', `--outputFile=${reportName}`]);
  let failedTests = 0;
  for (const folder of projects) {
    const path = join(folder, reportName);
    if (!existsSync(path)) continue;
    const results = JSON.parse(readFileSync(path, 'utf8'));
    passed += results.numPassedTests;
    // A file that cannot even be loaded has no tests to count, so it counts as one failure.
    failedTests += results.numFailedTests + results.numRuntimeErrorTestSuites;
  }
  if (code !== 0 && failedTests === 0) failedTests = 1;
  failed += failedTests;
  report('test', code === 0 && failedTests === 0, start);
  if (code !== 0 || failedTests > 0) console.log(output);
}

/** The folders of the workspace that are packages. */
function projectFolders() {
  const inside = (parent) =>
    existsSync(join(root, parent)) ? readdirSync(join(root, parent)).map((name) => join(root, parent, name)) : [];
  return [
    ...inside('packages'),
    ...inside('examples'),
    ...['bench', 'docs', 'e2e', 'fuzz'].map((name) => join(root, name)),
  ].filter((folder) => existsSync(join(folder, 'package.json')));
}
