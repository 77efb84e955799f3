import { afterAll, describe, expect, it } from '@jest/globals';
import { EmbeddedEngine, typescriptMachine, wasmMachine } from '../../src/engine/index.ts';
import { CounterRandom } from '../../src/nn/index.ts';
import type { NamedValues, Ops, Tensor } from '../../src/nn/index.ts';
import { cases } from '../../src/testing/engine/cases.ts';
import { largeCases as large } from './large-cases.ts';
import { distance, inputsOf, largest, runCase } from '../../src/testing/engine/run-case.ts';

const wasm = new EmbeddedEngine(wasmMachine(1));
const many = new EmbeddedEngine(wasmMachine(3));

afterAll(async () => {
  await wasm.dispose();
  await many.dispose();
});

// Float32 kernels against the float64 twin: a few hundred roundings of 6e-8 that partly cancel, polynomials of 1e-7 in the
// activations, and the conditioning of the operation itself (batch norm over 33 rows, least squares over four) leave
// 2e-5 of the largest element. A wrong lane or a missing term is an error of order one.
const tolerance = 2e-5;

describe('WebAssembly kernels against the float64 twin', () => {
  for (const test of [...cases, ...large])
    it(test.name, async () => {
      const values = inputsOf(test);
      const exact = await runCase(new EmbeddedEngine(typescriptMachine('float64')), test, values);
      const found = await runCase(wasm, test, values);
      expect(Math.abs(found.loss - exact.loss)).toBeLessThan(tolerance * Math.max(1, Math.abs(exact.loss)));
      for (const [name, gradient] of Object.entries(exact.gradients)) {
        const error = distance(found.gradients[name], gradient, largest(exact.gradients));
        if (!(error < tolerance)) throw new Error(`gradient of ${name}: ${error}`);
      }
      for (const { name, state } of values)
        if (state) expect(distance(found.after[name], exact.after[name])).toBeLessThan(tolerance);
    });
});

describe('bits', () => {
  for (const test of large)
    it(`do not depend on the number of threads: ${test.name}`, async () => {
      const values = inputsOf(test);
      const one = await runCase(wasm, test, values);
      for (let repeat = 0; repeat < 3; repeat++) {
        const three = await runCase(many, test, values);
        expect(three.loss).toBe(one.loss);
        expect(three.gradients).toEqual(one.gradients);
      }
    });

  it('were made by several threads', async () => {
    // Workers start while the first steps run; whether they took part is read from the engine's own account.
    const [test] = large;
    for (let repeat = 0; repeat < 200 && many.memory().workers < 2; repeat++) {
      await runCase(many, test, inputsOf(test));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(many.memory().workers).toBe(2);
    const one = await runCase(wasm, test, inputsOf(test));
    expect((await runCase(many, test, inputsOf(test))).gradients).toEqual(one.gradients);
  });
});

describe('memory', () => {
  it('does not grow after the first step, and nothing is left taken', async () => {
    const engine = new EmbeddedEngine(wasmMachine(1));
    for (const test of large) await runCase(engine, test);
    const reserved = engine.memory().reservedBytes;
    for (let repeat = 0; repeat < 2; repeat++) for (const test of large) await runCase(engine, test);
    expect(engine.memory().reservedBytes).toBe(reserved);
    expect(engine.memory().bytes).toBe(0);
    await engine.dispose();
  });

  it('of an engine that was disposed of goes to the next: it computes the same bits there, the first one nothing', async () => {
    const [test] = large;
    const expected = await runCase(wasm, test);
    const first = new EmbeddedEngine(wasmMachine(1));
    for (const other of large) await runCase(first, other);
    await first.dispose();
    await first.dispose();
    const [second, third] = [new EmbeddedEngine(wasmMachine(1)), new EmbeddedEngine(wasmMachine(1))];
    for (const engine of [second, third]) expect((await runCase(engine, test)).gradients).toEqual(expected.gradients);
    await expect(runCase(first, test)).rejects.toThrow('disposed of');
    expect((await runCase(second, test)).gradients).toEqual(expected.gradients);
    await Promise.all([second.dispose(), third.dispose()]);
  });
});

describe('random numbers in kernels', () => {
  const draw = async (engine: EmbeddedEngine, run: (ops: Ops, x: Tensor) => Tensor, n: number): Promise<number[]> => {
    const x: NamedValues = { name: 'x', shape: [n], values: new Float64Array(n).fill(1), state: false };
    // The gradient of the sum of x times a random factor is that factor.
    const { gradients } = await runCase(engine, { name: 'draw', inputs: {}, run: (ops, t) => run(ops, t.x) }, [x]);
    return Array.from(gradients.x, (value, i) => value / Math.sin(1 + 2.3 * i));
  };

  it('drop the share asked for, the same elements as the twin', async () => {
    const n = 8000;
    const run = (ops: Ops, x: Tensor) => ops.dropout(x, 0.3);
    const mask = await draw(wasm, run, n);
    const twin = await draw(new EmbeddedEngine(typescriptMachine('float32')), run, n);
    mask.forEach((value, i) => expect(value).toBeCloseTo(twin[i], 4));
    // Binomial: standard deviation sqrt(.3 .7 / n) = .0051; four of them.
    expect(Math.abs(mask.filter((value) => Math.abs(value) < 0.5).length / n - 0.3)).toBeLessThan(0.021);
  });

  it('are standard normal', async () => {
    const n = 40000;
    const engine = new EmbeddedEngine(wasmMachine(1));
    const parameters = engine.parameters([{ name: 'x', shape: [n], values: new Float64Array(n), state: false }]);
    const optimizer = engine.optimizer(parameters);
    const moments: number[] = [];
    for (const power of [1, 2, 3, 4])
      moments.push(
        await optimizer.accumulate((ops) => {
          let y = ops.noise(parameters.tensors.x, 1);
          const z = y;
          for (let p = 1; p < power; p++) y = ops.mul(y, z);
          return ops.mean(y);
        }),
      );
    // Standard errors of the first four moments: 1, 1.4, 3.9 and 9.8 over sqrt n = 200; four of each.
    expect(Math.abs(moments[0])).toBeLessThan(0.02);
    expect(Math.abs(moments[1] - 1)).toBeLessThan(0.029);
    expect(Math.abs(moments[2])).toBeLessThan(0.078);
    expect(Math.abs(moments[3] - 3)).toBeLessThan(0.2);
    await engine.dispose();
  });

  it('come from streams that labels tell apart', () => {
    const generator = new CounterRandom(5);
    expect(generator.fork('a').bits()).toBe(new CounterRandom(5).fork('a').bits());
    expect(generator.fork('a').bits()).not.toBe(generator.fork('b').bits());
  });
});
