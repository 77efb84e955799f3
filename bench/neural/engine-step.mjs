// Times training steps on the embedded engine, and prints the line that the runner reads. With BENCH_PROFILE=1 also, on stderr, how
// much of a step each kernel takes.
import { EmbeddedEngine, wasmMachine } from '@ml4t/core/engine';
import { report, threads, timed } from '../report.mjs';

/** `prepare(engine)` returns one training step, which resolves to the loss. */
export async function reportSteps(prepare, { repeats, warmup }) {
  const machine = wasmMachine(threads);
  const kernels = new Map();
  const engine = new EmbeddedEngine(process.env.BENCH_PROFILE ? watched(machine, kernels) : machine);
  const step = await prepare(engine);
  let loss = 0;
  let run = 0;
  const seconds = await timed(async () => (loss = await step()), {
    repeats,
    warmup,
    prepare: () => run++ === warmup && kernels.clear(),
  });
  report({ seconds, threads, backend: engine.description, quality: { loss } });
  for (const [name, took] of [...kernels].sort((a, b) => b[1] - a[1]))
    console.error(`${name.padEnd(36)} ${((1000 * took) / repeats).toFixed(2).padStart(9)} ms a step`);
  await engine.dispose();
}

/** The machine, adding up the seconds of each kernel by name and number of rows. */
function watched(machine, kernels) {
  return {
    ...machine,
    runner: {
      run(name, rows, chunk, operands) {
        const started = performance.now();
        machine.runner.run(name, rows, chunk, operands);
        const key = `${name} ${rows}`;
        kernels.set(key, (kernels.get(key) ?? 0) + (performance.now() - started) / 1000);
      },
    },
  };
}

/**
 * The same numbers as `uniform_tensor` of bench/peers/pytorch.py: `uniform` block by block, in place, so that nothing is left to collect.
 * @template {Float32Array | Float64Array} [A=Float32Array<ArrayBuffer>]
 * @param {number} n
 * @param {number} seed
 * @param {A} values
 */
export function uniformNumbers(n, seed, values = /** @type {A} */ (new Float32Array(n)), block = 1 << 20) {
  for (let from = 0, number = 0; from < n; from += block, number++) {
    let state = ((seed + 7919 * number) * 2654435761) >>> 0;
    for (let i = from; i < Math.min(n, from + block); i++)
      values[i] = (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 31 - 1;
  }
  return values;
}
