// For our side of a row: timing of repeats, and the JSON line that the runner reads.
import { linalgBackend } from '@ml4t/core/linalg';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** The threads that the runner gives to this process. */
export const threads = Number(process.env.BENCH_THREADS ?? 1);

/**
 * The engine that an option --engine names, as models take it. The embedded one gets the runner's threads; TensorFlow takes every
 * processor, whatever it is told.
 *
 * @param {string} name
 */
export function engineChoice(name, threadsOfEmbedded = threads) {
  const engine = /** @type {import('@ml4t/core/engine').EngineChoice} */ (name);
  return name.startsWith('embedded') ? { engine, threads: threadsOfEmbedded } : { engine };
}

/** Seconds of each of `repeats` runs of `work`, after `warmup` runs that are not counted. `prepare` runs before each, untimed. */
export async function timed(work, { repeats = 5, warmup = 1, prepare = () => {} } = {}) {
  const seconds = [];
  for (let run = 0; run < warmup + repeats; run++) {
    await prepare();
    const started = performance.now();
    await work();
    if (run >= warmup) seconds.push((performance.now() - started) / 1000);
  }
  return seconds;
}

/** Prints the result as the last line. `figures`: seconds, quality, and threads or backend where they are not the runner's and linalg's. */
export function report(figures) {
  console.log(
    JSON.stringify({
      threads,
      backend: linalgBackend(),
      versions: { node: process.version, '@ml4t/core': require('@ml4t/core/package.json').version },
      peakBytes: process.resourceUsage().maxRSS * 1024,
      ...figures,
    }),
  );
}
