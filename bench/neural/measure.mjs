// Medians over repeats of one training step or epoch on the embedded engine, on one and two threads.
import { resolveEngine } from '@ml4t/core/engine';

/** Runs `prepare(engine)`, which returns one step, for each number of threads and prints the median of the steps. */
export async function measure(name, prepare, { repeats = 15, warmup = 5, threads = [1, 2] } = {}) {
  for (const count of threads) {
    const { engine } = await resolveEngine({ engine: 'embedded', threads: count });
    const step = await prepare(engine);
    const times = [];
    const cpu = [];
    for (let i = 0; i < warmup + repeats; i++) {
      const before = process.cpuUsage();
      const start = performance.now();
      await step();
      const took = performance.now() - start;
      const used = process.cpuUsage(before);
      if (i < warmup) continue;
      times.push(took);
      cpu.push((used.user + used.system) / 1000);
    }
    const sorted = times.sort((a, b) => a - b);
    const { reservedBytes } = engine.memory();
    console.log(
      `${name.padEnd(44)} ${count} thread${count > 1 ? 's' : ' '}  median ${sorted[sorted.length >> 1].toFixed(1).padStart(7)} ms` +
        `  least ${sorted[0].toFixed(1).padStart(7)}  processor ${Math.min(...cpu)
          .toFixed(1)
          .padStart(7)}` +
        `  memory ${(reservedBytes / 1e6).toFixed(0)} MB`,
    );
    await engine.dispose();
  }
}

/** Uniform numbers on (-1, 1), fast and the same every time. */
export function uniform(n, seed = 1) {
  const values = new Float32Array(n);
  let state = seed;
  for (let i = 0; i < n; i++) values[i] = (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 31 - 1;
  return values;
}
