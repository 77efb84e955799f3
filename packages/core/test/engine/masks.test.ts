import { describe, expect, it } from '@jest/globals';
import { EmbeddedEngine, typescriptMachine, wasmMachine } from '../../src/engine/index.ts';
import type { Engine } from '../../src/engine/index.ts';
import type { Ops, Parameters, Tensor } from '../../src/nn/index.ts';

const engines: [string, () => Engine][] = [
  ['TypeScript', () => new EmbeddedEngine(typescriptMachine('float32'))],
  ['WebAssembly', () => new EmbeddedEngine(wasmMachine(1))],
];

/** Loss and gradient of x for numbers in which NaN stands under the mask. */
async function gradientOf(engine: Engine, x: number[], shape: number[], run: (ops: Ops, t: Parameters) => Tensor) {
  const set = engine.parameters([{ name: 'x', shape, values: Float64Array.from(x), state: false }]);
  const optimizer = engine.optimizer(set);
  const loss = await optimizer.accumulate((ops) => run(ops, set.tensors));
  const { x: gradient } = await optimizer.gradients();
  await engine.dispose();
  return { loss, gradient: Array.from(gradient) };
}

describe.each(engines)('NaN under a mask: %s', (_, create) => {
  const x = [1, NaN, 2, NaN, 3, -1];
  const mask = [1, 0, 1, 0, 1, 1];

  it('where', async () => {
    const { loss, gradient } = await gradientOf(create(), x, [2, 3], (ops, t) =>
      ops.sum(ops.exp(ops.where(ops.constant(mask, [2, 3]), t.x, 0))),
    );
    expect(loss).toBeCloseTo(Math.E + 1 + Math.exp(2) + 1 + Math.exp(3) + Math.exp(-1), 4);
    expect(gradient[1]).toBe(0);
    expect(gradient[3]).toBe(0);
    expect(gradient[2]).toBeCloseTo(Math.exp(2), 4);
  });

  it('where after an operation that is NaN there', async () => {
    // The derivative of sqrt at a negative number is NaN too: nothing may flow through it.
    const { loss, gradient } = await gradientOf(create(), [4, -1, 9, -2], [4], (ops, t) =>
      ops.sum(ops.where(ops.constant([1, 0, 1, 0], [4]), ops.sqrt(t.x), 0)),
    );
    expect(loss).toBeCloseTo(5, 5);
    expect(gradient).toEqual([expect.closeTo(0.25, 5), 0, expect.closeTo(1 / 6, 5), 0]);
  });

  it('softmax, and a row with no entry', async () => {
    const { loss, gradient } = await gradientOf(create(), [...x, NaN, NaN, NaN], [3, 3], (ops, t) => {
      const y = ops.softmax(t.x, ops.constant([...mask, 0, 0, 0], [3, 3]));
      return ops.sum(ops.mul(y, ops.constant([1, 2, 3, 4, 5, 6, 7, 8, 9], [9 / 3, 3])));
    });
    expect(Number.isFinite(loss)).toBe(true);
    expect(gradient.every(Number.isFinite)).toBe(true);
    for (const i of [1, 3, 6, 7, 8]) expect(gradient[i]).toBe(0);
  });

  it('losses with weights', async () => {
    for (const kind of ['meanSquaredError', 'binaryCrossEntropy'] as const) {
      const { loss, gradient } = await gradientOf(create(), x, [6], (ops, t) =>
        ops[kind](t.x, ops.constant([0, NaN, 1, 1, NaN, 1], [6]), ops.constant([1, 0, 1, 0, 0, 2], [6])),
      );
      expect(Number.isFinite(loss)).toBe(true);
      expect(gradient.every(Number.isFinite)).toBe(true);
      for (const i of [1, 3, 4]) expect(gradient[i]).toBe(0);
    }
  });

  it('losses in which nothing counts', async () => {
    const { loss, gradient } = await gradientOf(create(), [NaN, NaN], [2], (ops, t) =>
      ops.meanSquaredError(t.x, ops.constant([1, 1], [2]), ops.constant([0, 0], [2])),
    );
    expect(loss).toBe(0);
    expect(gradient).toEqual([0, 0]);
  });

  it('attention to keys that hold NaN, and queries that see no key', async () => {
    const keys = [1, 2, NaN, NaN, 3, 4];
    const { loss, gradient } = await gradientOf(create(), keys, [1, 3, 2], (ops, t) => {
      const q = ops.constant([1, 0, 0, 1, 1, 1], [1, 3, 2]);
      const seen = ops.attention(q, t.x, t.x, { keyMask: ops.constant([1, 0, 1], [1, 3]) });
      const unseen = ops.attention(q, t.x, t.x, { keyMask: ops.constant([0, 0, 0], [1, 3]) });
      const blocked = ops.attention(q, ops.detach(ops.constant(new Array<number>(6).fill(1), [1, 3, 2])), q, {
        bias: ops.constant(new Array<number>(9).fill(-Infinity), [3, 3]),
      });
      return ops.sum(ops.add(ops.add(seen, unseen), blocked));
    });
    expect(Number.isFinite(loss)).toBe(true);
    expect(gradient.every(Number.isFinite)).toBe(true);
    expect(gradient.slice(2, 4)).toEqual([0, 0]);
    expect(Math.abs(gradient[0])).toBeGreaterThan(0);
  });

  it('a date without rows or of too low rank gives zero factors and no gradient', async () => {
    const { loss, gradient } = await gradientOf(create(), [1, 2, 1, 2, 1, 0, 0, 1, 1, 1], [5, 2], (ops, t) =>
      ops.sum(ops.segmentRegression(t.x, ops.constant([1, 2, 3, 4, 5], [5]), Int32Array.of(0, 0, 2, 5), 0)),
    );
    // The first date is empty, the second has two equal rows; the third determines two factors.
    expect(loss).toBeCloseTo(7 / 3 + 10 / 3, 4);
    expect(gradient.slice(0, 4)).toEqual([0, 0, 0, 0]);
    expect(gradient.slice(4).every(Number.isFinite)).toBe(true);
  });
});
