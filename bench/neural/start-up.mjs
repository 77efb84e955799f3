// From an import to a first trained step of the embedded engine, once, in this process.
const started = performance.now();
const { resolveEngine } = await import('@ml4t/core/engine');
const imported = performance.now();
const { engine } = await resolveEngine({ engine: 'embedded', threads: Number(process.env.BENCH_THREADS ?? 1) });
const ready = performance.now();
const parameters = engine.parameters([{ name: 'w', shape: [4], values: new Float64Array(4), state: false }]);
const optimizer = engine.optimizer(parameters);
await optimizer.accumulate((ops) => ops.sum(ops.square(parameters.tensors.w)));
await optimizer.apply();
const ended = performance.now();

const { report, threads } = await import('../report.mjs');
report({
  seconds: [(ended - started) / 1000],
  threads,
  backend: engine.description,
  quality: { importMs: imported - started, engineMs: ready - imported, firstStepMs: ended - ready },
});
await engine.dispose();
