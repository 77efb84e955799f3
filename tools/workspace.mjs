// What setup, verify and the demonstration have in common: where the workspace is and how it calls its tools.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The pnpm that package.json pins, fetched through npx so that nothing but Node and npm has to be installed. */
const pnpm = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager;

/**
 * Runs a command in the workspace root and collects what it prints.
 * Never rejects: a command that cannot start has code 127 and its reason as output.
 */
function run(command, args, { env = {} } = {}) {
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // npx is a .cmd file on Windows, which only a shell can start.
      shell: process.platform === 'win32',
    });
    const collect = (chunk) => {
      output += chunk;
    };
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    child.on('error', (error) => resolve({ code: 127, output: `${output}${command}: ${error.message}\n` }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

export const runPnpm = (args, options) => run('npx', ['-y', pnpm, ...args], options);

/**
 * Runs targets of every package through Nx, and hands `forward` on to the packages' own scripts.
 * Nx finds the package manager only when pnpm starts it, so it is always called through `pnpm exec`.
 */
export function runTargets(targets, forward = []) {
  const skipCache = process.env.CI === 'true' ? ['--skip-nx-cache'] : [];
  const args = ['exec', 'nx', 'run-many', '-t', ...targets, '--outputStyle=static', ...skipCache];
  return runPnpm(forward.length > 0 ? [...args, '--', ...forward] : args, { env: quietNx });
}

/** Has Nx write down which package uses which, where the linter's rule on their boundaries looks it up: without, it says nothing. */
export const writeProjectGraph = () => runPnpm(['exec', 'nx', 'show', 'projects'], { env: quietNx });

const quietNx = { NX_DAEMON: 'false', NX_ISOLATE_PLUGINS: 'false', NX_TUI: 'false', FORCE_COLOR: '0' };

/** `1.2 s`, for progress lines. */
export const since = (start) => `${((performance.now() - start) / 1000).toFixed(1)} s`;
