import { describe, expect, it } from '@jest/globals';
import { EmbeddedEngine, typescriptMachine } from '../../src/engine/index.ts';
import type { NamedValues, Tensor } from '../../src/nn/index.ts';
import { cases, notADerivative } from '../../src/testing/engine/cases.ts';
import { inputsOf, runCase } from '../../src/testing/engine/run-case.ts';

// Every operation's vector-Jacobian product against central differences, the whole tape in float64. With a step of 1e-5
// the truncation error is about 1e-10 f'''/6 and the rounding error 1e-16 / 1e-5 = 1e-11 of the loss; third derivatives of a
// few hundred (LSTMs and batch norms of unit normals) leave 1e-7 of the gradient's scale.
const step = 1e-5;
const tolerance = 2e-7;

describe('vector-Jacobian products', () => {
  for (const test of cases.filter(({ name }) => !notADerivative.has(name)))
    it(test.name, async () => {
      const engine = new EmbeddedEngine(typescriptMachine('float64'));
      const values = inputsOf(test);
      const { gradients } = await runCase(engine, test, values);
      const at = async (moved: NamedValues, i: number, by: number) => {
        const shifted = values.map((entry) => {
          if (entry !== moved) return entry;
          const copy = Float64Array.from(entry.values);
          copy[i] += by;
          return { ...entry, values: copy };
        });
        return (await runCase(engine, test, shifted)).loss;
      };
      for (const entry of values.filter(({ state }) => !state)) {
        const gradient = gradients[entry.name];
        const scale = Math.max(1, ...Array.from(gradient, Math.abs));
        // About 20 elements of each input, spread evenly: each costs two forward passes.
        const stride = Math.max(1, Math.floor(entry.values.length / 20));
        for (let i = 0; i < entry.values.length; i += stride) {
          const difference = ((await at(entry, i, step)) - (await at(entry, i, -step))) / (2 * step);
          expect(Math.abs(gradient[i] - difference) / scale).toBeLessThan(tolerance);
        }
      }
    });

  it('treats a detached factor as a constant', async () => {
    const test = cases.find(({ name }) => name === 'reshape and detach');
    if (!test) throw new Error('missing case');
    const [x] = inputsOf(test);
    const { gradients } = await runCase(new EmbeddedEngine(typescriptMachine('float64')), test);
    x.values.forEach((value, i) => expect(gradients.x[i]).toBeCloseTo(value * Math.sin(1 + 2.3 * i), 12));
  });

  it('goes back only to the columns of a join that lead to weights', async () => {
    const machine = typescriptMachine('float64');
    const columns: number[] = [];
    const engine = new EmbeddedEngine({
      ...machine,
      runner: {
        run(name, rows, chunk, operands) {
          if (name === 'linearGradient' && operands[10] >= 0) columns.push(operands[11]);
          machine.runner.run(name, rows, chunk, operands);
        },
      },
    });
    await runCase(engine, {
      name: 'join',
      inputs: { data: { shape: [6, 5], fixed: true }, x: { shape: [6, 2] }, w: { shape: [3, 9] } },
      run: (ops, t) => ops.linear(ops.concat([t.data, t.x, ops.slice(t.data, 0, 2)]), t.w),
    });
    expect(columns).toEqual([2]);
  });

  it('computes again with the same dropout, and holds less meanwhile', async () => {
    const run = async (again: boolean) => {
      const engine = new EmbeddedEngine(typescriptMachine('float64'));
      const values = { name: 'x', shape: [40, 50], values: Float64Array.from({ length: 2000 }, (_, i) => Math.sin(i)) };
      const optimizer = engine.optimizer(engine.parameters([{ ...values, state: false }]));
      const loss = await optimizer.accumulate(
        (ops) => {
          let h: Tensor = optimizer.parameters.tensors.x;
          for (let layer = 0; layer < 4; layer++) {
            const [from, block] = [h, (x: Tensor) => ops.dropout(ops.tanh(ops.dropout(ops.tanh(x), 0.2)), 0.3)];
            h = again ? ops.recompute(() => block(from)) : block(from);
          }
          return ops.sum(ops.square(ops.dropout(h, 0.1)));
        },
        { seed: 7 },
      );
      return { loss, gradient: (await optimizer.gradients()).x, bytes: engine.memory().reservedBytes };
    };
    const [kept, computed] = [await run(false), await run(true)];
    expect(computed.loss).toBe(kept.loss);
    expect(computed.gradient).toEqual(kept.gradient);
    expect(computed.bytes).toBeLessThan(0.75 * kept.bytes);
  });

  it('computes parts again with the dropout that each had, and holds one at a time', async () => {
    const run = async (again: boolean) => {
      const engine = new EmbeddedEngine(typescriptMachine('float64'));
      const values = { name: 'x', shape: [40, 50], values: Float64Array.from({ length: 2000 }, (_, i) => Math.sin(i)) };
      const optimizer = engine.optimizer(engine.parameters([{ ...values, state: false }]));
      const { x } = optimizer.parameters.tensors;
      const loss = await optimizer.accumulate(
        (ops) => {
          const block = (part: Tensor): Tensor => {
            let h = part;
            for (let layer = 0; layer < 6; layer++) h = ops.dropout(ops.tanh(h), 0.3);
            return h;
          };
          const size = (h: Tensor): Tensor => ops.sum(ops.square(h));
          if (again) return size(ops.recomputeParts(x, 6, block));
          const parts = [0, 6, 12, 18, 24, 30, 36].map((from) =>
            size(block(ops.slice(x, from, Math.min(40, from + 6), 0))),
          );
          return parts.reduce((sum, part) => ops.add(sum, part));
        },
        { seed: 7 },
      );
      return { loss, gradient: (await optimizer.gradients()).x, bytes: engine.memory().reservedBytes };
    };
    const [kept, computed] = [await run(false), await run(true)];
    expect(computed.loss).toBeCloseTo(kept.loss, 10);
    expect(computed.gradient).toEqual(kept.gradient);
    expect(computed.bytes).toBeLessThan(0.6 * kept.bytes);
  });

  it('leaves nothing taken in the heap', async () => {
    const engine = new EmbeddedEngine(typescriptMachine('float64'));
    for (const test of cases) await runCase(engine, test);
    expect(engine.memory().bytes).toBe(0);
  });
});
