// Everything that has to hold before a change is taken: format, lint, build, types, tests, packaging.
// Prints what failed in full and, as the last line, `N passed, N failed`: the tests of every package, plus one
// failure for each other step that failed.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, runPnpm, runTarget, since } from './workspace.mjs';

const reportName = 'coverage/test-report.json';
const projects = projectFolders();

let passed = 0;
let failed = 0;

// Build comes before the lint and the tests: the lint reads the project graph, the tests the compiled kernels.
await step('format', () => runPnpm(['exec', 'prettier', '--check', '.']));
await step('build', () => runTarget('build'));
await step('lint', () => runTarget('lint'));
await step('typecheck', () => runTarget('typecheck'));
await test();
await step('check:pack', () => runTarget('check:pack'));

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function step(name, action) {
  const start = performance.now();
  const { code, output } = await action();
  console.log(`verify: ${name} ${code === 0 ? 'ok' : 'FAILED'} (${since(start)})`);
  if (code === 0) return;
  console.log(output);
  failed++;
}

async function test() {
  const start = performance.now();
  for (const folder of projects) {
    rmSync(join(folder, reportName), { force: true });
    mkdirSync(join(folder, 'coverage'), { recursive: true });
  }
  // The time limit is against tests that hang. It must not decide on a busy machine, where the usual 5 s sometimes do.
  const { code, output } = await runTarget('test', ['--json', `--outputFile=${reportName}`, '--testTimeout=120000']);
  let failedTests = 0;
  for (const folder of projects) {
    const path = join(folder, reportName);
    if (!existsSync(path)) continue;
    const report = JSON.parse(readFileSync(path, 'utf8'));
    passed += report.numPassedTests;
    // A file that cannot even be loaded has no tests to count, so it counts as one failure.
    failedTests += report.numFailedTests + report.numRuntimeErrorTestSuites;
  }
  if (code !== 0 && failedTests === 0) failedTests = 1;
  failed += failedTests;
  console.log(`verify: test ${code === 0 && failedTests === 0 ? 'ok' : 'FAILED'} (${since(start)})`);
  if (code !== 0 || failedTests > 0) console.log(output);
}

/** The folders of the workspace that are packages. */
function projectFolders() {
  const inside = (parent) =>
    existsSync(join(root, parent)) ? readdirSync(join(root, parent)).map((name) => join(root, parent, name)) : [];
  return [...inside('packages'), ...inside('examples'), join(root, 'bench')].filter((folder) =>
    existsSync(join(folder, 'package.json')),
  );
}
