import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { benchFolder, sideEnvironment } from './process.mjs';

/**
 * Billions of operations per second on one thread (double precision) below which a BLAS is taken for the unoptimised reference
 * implementation, which reaches 1 to 4; kernels written for the processor reach 10 and more on any of the last ten years.
 */
const leastRate = 6;
const known = new Map();

/**
 * The BLAS that NumPy has in a Python, with its measured rate: `{ text, isSlow }`; undefined where there is no NumPy.
 * Ratios against a reference BLAS say nothing: whoever reads a table has to see which one it was.
 */
export function blasOf(python) {
  if (!known.has(python)) known.set(python, measured(python));
  return known.get(python);
}

function measured(python) {
  const { status, stdout } = spawnSync(python, [join(benchFolder, 'peers', 'blas.py')], {
    encoding: 'utf8',
    env: sideEnvironment(1),
    timeout: 60_000,
  });
  if (status !== 0) return undefined;
  const { numpy, libraries, float64, float32 } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  const name = libraries.length > 0 ? libraries.join(', ') : 'a BLAS that cannot be named here';
  return {
    text: `NumPy ${numpy} with ${name}: ${float64.toFixed(0)} GFlop/s (float64), ${float32.toFixed(0)} (float32) on one thread`,
    isSlow: float64 < leastRate,
  };
}
