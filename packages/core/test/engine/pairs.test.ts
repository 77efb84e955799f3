import { afterAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { EmbeddedEngine, resolveEngine, wasmMachine } from '../../src/engine/index.ts';
import type { Engine } from '../../src/engine/index.ts';
import { counting, operationsOf, pairCases, pairErrors } from '../../src/testing/engine/pair.ts';
import { runCase } from '../../src/testing/engine/run-case.ts';

const embedded = new EmbeddedEngine(wasmMachine(1));
let tfjs: Engine | undefined;

async function tfjsCpu(): Promise<Engine> {
  tfjs ??= (await resolveEngine({ engine: 'tfjs-cpu' })).engine;
  return tfjs;
}

afterAll(async () => {
  await tfjs?.dispose();
  await embedded.dispose();
});

// Both engines compute in float32: each is held to 2e-5 of the largest element of the exact result (see wasm.test.ts for where
// that comes from), so they are within twice that of each other. A wrong term is an error of order one.
const tolerance = 4e-5;

describe('the embedded engine and tfjs on the cpu backend', () => {
  for (const test of pairCases)
    it(test.name, async () => {
      const { loss, gradients, state } = await pairErrors(embedded, await tfjsCpu(), test);
      for (const [name, error] of Object.entries({ ...gradients, 'the loss': loss, 'running statistics': state }))
        if (!(error < tolerance)) throw new Error(`${name}: ${error}`);
    });
});

describe('the table of pair cases', () => {
  it('calls every operation of the vocabulary, and both engines have the same', async () => {
    const called = new Set<string>();
    const operations: string[][] = [];
    for (const engine of [embedded, await tfjsCpu()]) {
      await engine.evaluate((ops) => {
        operations.push(operationsOf(ops).sort());
        return {};
      });
    }
    for (const test of pairCases)
      await runCase(embedded, { ...test, run: (ops, t) => test.run(counting(ops, called), t) });
    called.add('constant');
    expect(operations[0].filter((name) => !called.has(name))).toEqual([]);
    expect(operations[1]).toEqual(operations[0]);
  });
});

describe('tensors', () => {
  it('can be written by the host where they are, every time they are made', async () => {
    for (const engine of [embedded, await tfjsCpu()]) {
      let next = 0;
      const write = (into: Float32Array | Float64Array): void =>
        void into.forEach((_, i) => (into[i] = next++ + i / 4));
      const lasting = engine.tensor(write, [3]);
      const read = await engine.evaluate((ops) => ({ lasting, step: ops.constant(write, [1, 2]) }));
      expect([[...read.lasting], [...read.step]]).toEqual([
        [0, 1.25, 2.5],
        [3, 4.25],
      ]);
      expect(engine.memory().tensors).toBeGreaterThan(0);
      engine.release(lasting);
    }
  });

  it('are all given back after every case', async () => {
    const engine = await tfjsCpu();
    const before = tf.memory().numTensors;
    for (const test of pairCases) {
      await runCase(engine, test);
      if (tf.memory().numTensors !== before) throw new Error(`${test.name} keeps tensors`);
    }
  });
});
