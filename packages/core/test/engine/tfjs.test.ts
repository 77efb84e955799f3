import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { EmbeddedEngine, resolveEngine, typescriptMachine } from '../../src/engine/index.ts';
import type { Engine } from '../../src/engine/index.ts';
import { cases } from './cases.ts';
import { distance, inputsOf, largest, runCase } from './run-case.ts';

// tfjs is an optional peer: where it is not installed these tests have nothing to run on.
let installed = true;
try {
  createRequire(import.meta.url).resolve('@tensorflow/tfjs');
} catch {
  installed = false;
}

/** Each engine draws its own dropout masks and noise: these cases are compared in evaluation only, where they do nothing. */
const random = /dropout|noise/;
// Float32 on one side, float64 on the other, as in wasm.test.ts; the elimination of segmentRegression is float32 in tfjs.
const tolerance = (name: string) => (name.includes('Regression') ? 5e-4 : 3e-5);

(installed ? describe : describe.skip)('tfjs engine on tfjs-cpu against the float64 tape', () => {
  let engine: Engine;
  beforeAll(async () => {
    jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    jest.spyOn(console, 'info').mockImplementation(() => undefined);
    ({ engine } = await resolveEngine({ engine: 'tfjs-cpu' }));
  }, 60_000);
  afterAll(() => engine.dispose());

  it('says what it is', () => {
    expect(engine.name).toBe('tfjs-cpu');
    expect(engine.description).toBe('tfjs-cpu (tfjs backend cpu, float32)');
  });

  for (const test of cases.filter(({ name }) => !random.test(name)))
    it(test.name, async () => {
      const values = inputsOf(test);
      const exact = await runCase(new EmbeddedEngine(typescriptMachine('float64')), test, values);
      const found = await runCase(engine, test, values);
      const bound = tolerance(test.name);
      expect(Math.abs(found.loss - exact.loss)).toBeLessThan(bound * Math.max(1, Math.abs(exact.loss)));
      for (const [name, gradient] of Object.entries(exact.gradients)) {
        const error = distance(found.gradients[name], gradient, largest(exact.gradients));
        if (!(error < bound)) throw new Error(`gradient of ${name}: ${error}`);
      }
      for (const { name, state } of values)
        if (state) expect(distance(found.after[name], exact.after[name])).toBeLessThan(bound);
    });

  for (const test of cases.filter(({ name }) => random.test(name)))
    it(`${test.name}, in evaluation`, async () => {
      const values = inputsOf(test);
      const results = [];
      for (const one of [new EmbeddedEngine(typescriptMachine('float64')), engine]) {
        const set = one.parameters(values);
        results.push((await one.evaluate((ops) => ({ y: test.run(ops, set.tensors) }))).y);
        set.release();
      }
      expect(distance(results[1], results[0])).toBeLessThan(3e-5);
    });

  it('takes the same steps of Adam, clipped', async () => {
    const ends = [];
    for (const one of [new EmbeddedEngine(typescriptMachine('float64')), engine]) {
      const set = one.parameters([
        { name: 'w', shape: [3], values: Float64Array.of(1, -2, 0.5), state: false },
        { name: 'unused', shape: [1], values: Float64Array.of(4), state: false },
      ]);
      const optimizer = one.optimizer(set, { kind: 'adamw', learningRate: 0.1, weightDecay: 0.01 });
      for (let t = 0; t < 5; t++) {
        await optimizer.accumulate((ops) => ops.sum(ops.exp(set.tensors.w)));
        await optimizer.apply({ clip: 0.5 });
      }
      ends.push(await set.read());
      optimizer.release();
      set.release();
    }
    expect(distance(ends[1].w, ends[0].w)).toBeLessThan(1e-5);
    expect(distance(ends[1].unused, ends[0].unused)).toBeLessThan(1e-6);
  });

  it('leaks no tensors', async () => {
    const count = () => engine.memory().bytes;
    for (const test of cases.slice(0, 30)) await runCase(engine, test);
    const before = count();
    for (const test of cases.slice(0, 30)) await runCase(engine, test);
    expect(count()).toBe(before);
  });
});
