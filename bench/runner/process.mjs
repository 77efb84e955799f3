import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

/** The Node that runs our side: kernels differ between versions of it. */
export const ourNode = process.env.BENCH_NODE || process.execPath;

export const benchFolder = fileURLToPath(new URL('..', import.meta.url));

/** Seconds that one process may take: a row that hangs is a failed row, not the end of the run. */
const longest = 600;

/** Both sides get the same threads: ours read BENCH_THREADS, NumPy and PyTorch their libraries' own variables. */
export function sideEnvironment(threads) {
  const count = String(threads);
  const environment = /** @type {NodeJS.ProcessEnv} */ ({
    ...process.env,
    BENCH_THREADS: count,
    OMP_NUM_THREADS: count,
    OPENBLAS_NUM_THREADS: count,
    MKL_NUM_THREADS: count,
    NUMBA_NUM_THREADS: count,
  });
  // Set on some machines for old versions of OpenBLAS; a current one chooses its kernels better than they do.
  delete environment.OPENBLAS_CORETYPE;
  delete environment.OPENBLAS_L2_SIZE;
  return environment;
}

/**
 * Runs one side of a row in a process of its own and returns the JSON object of its last line.
 * Throws an Error with the end of what the process said when it fails or prints something else.
 * @param {string} command node or a Python
 * @param {{ script: string, args?: readonly string[] }} side
 */
export async function runSide(command, side, threads, folder = benchFolder) {
  const child = spawn(command, [join(folder, side.script), ...(side.args ?? []).map(String)], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: sideEnvironment(threads),
    timeout: longest * 1000,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => resolve(status ?? signal));
  });
  if (code === 'SIGTERM') throw new Error(`${side.script} was stopped after ${longest} s`);
  if (code !== 0) throw new Error(`${side.script} ended with ${code}: ${reasonIn(stderr)}`);
  return checkedResult(stdout.trim().split('\n').at(-1) ?? '', side.script);
}

/** The error that Node or Python named; the end of what was said where there is none, as of a process that was killed. */
function reasonIn(stderr) {
  const lines = stderr.trim().split('\n');
  return lines.findLast((line) => /^(\w+\.)*\w*(Error|Exception)\b/.test(line)) ?? lines.slice(-3).join(' | ');
}

function checkedResult(line, script) {
  let result;
  try {
    result = JSON.parse(line);
  } catch {
    throw new Error(`${script}: its last line is no JSON: ${line.slice(0, 200)}`);
  }
  const { seconds, peakBytes, quality = {} } = result;
  if (!Array.isArray(seconds) || seconds.length === 0 || !seconds.every((value) => value > 0))
    throw new Error(`${script}: seconds: expected positive numbers, one per repeat`);
  if (!(peakBytes > 0)) throw new Error(`${script}: peakBytes: expected the peak resident size of the process`);
  for (const [name, value] of Object.entries(quality))
    if (typeof value !== 'number') throw new Error(`${script}: quality.${name}: expected a number`);
  return { threads: 1, backend: '', versions: {}, ...result, quality };
}
