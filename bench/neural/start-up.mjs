// Time from nothing to a first trained step, in a fresh process each.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

if (process.argv[2] === 'child') {
  const start = performance.now();
  const { resolveEngine } = await import('@ml4t/core/engine');
  const imported = performance.now();
  const { engine } = await resolveEngine({ engine: 'embedded' });
  const ready = performance.now();
  const parameters = engine.parameters([{ name: 'w', shape: [4], values: new Float64Array(4), state: false }]);
  const optimizer = engine.optimizer(parameters);
  await optimizer.accumulate((ops) => ops.sum(ops.square(parameters.tensors.w)));
  await optimizer.apply();
  console.log([imported - start, ready - imported, performance.now() - ready].map((ms) => ms.toFixed(1)).join(' '));
} else {
  const runs = Array.from({ length: 7 }, () =>
    execFileSync(process.execPath, [fileURLToPath(import.meta.url), 'child'], { encoding: 'utf8' })
      .trim()
      .split(' ')
      .map(Number),
  );
  const median = (i) =>
    runs
      .map((run) => run[i])
      .sort((a, b) => a - b)[3]
      .toFixed(1);
  console.log(`start-up: import ${median(0)} ms, engine ${median(1)} ms, first step ${median(2)} ms`);
}
