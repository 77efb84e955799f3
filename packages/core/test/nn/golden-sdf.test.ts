import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { EmbeddedEngine, typescriptMachine, wasmMachine } from '../../src/engine/index.ts';
import type { NamedValues, Ops, Parameters, Tensor } from '../../src/nn/index.ts';
import { distance } from '../../src/testing/engine/run-case.ts';

type Nested = number | null | Nested[];
interface Golden {
  characteristics: number[][][];
  context: number[][];
  mask: (boolean | number)[][];
  extracted: Record<string, { weights: (number | null)[][] }>;
  final_states: Record<string, { stochastic_discount_factor: Record<string, Nested> }>;
}

const golden = JSON.parse(readFileSync(new URL('golden/nn_sdf.json', import.meta.url), 'utf8')) as Golden;
const flat = (values: Nested): number[] => (Array.isArray(values) ? values.flat(10).map(Number) : [Number(values)]);
const shapeOf = (values: Nested): number[] => (Array.isArray(values) ? [values.length, ...shapeOf(values[0])] : []);

const [T, N] = [12, 9];
const present = golden.mask.flatMap((row, t) => row.flatMap((on, i) => (on ? [t * N + i] : [])));
const cube = golden.characteristics.flat();
const characteristics = present.flatMap((cell) => cube[cell]);
const date = Int32Array.from(present, (cell) => Math.floor(cell / N));

/** omega = FFN(characteristics, h_t), h_t the LSTM over the context series from a zero state. */
function weights(ops: Ops, p: Parameters): Tensor {
  const { output } = ops.lstm(ops.constant(golden.context.flat(), [1, T, 3]), {
    inputWeight: p['lstm.weight_ih_l0'],
    recurrentWeight: p['lstm.weight_hh_l0'],
    inputBias: p['lstm.bias_ih_l0'],
    recurrentBias: p['lstm.bias_hh_l0'],
  });
  const state = ops.rows(ops.reshape(output, [T, 3]), date);
  let h = ops.concat([ops.constant(characteristics, [present.length, 4]), state]);
  for (const layer of [0, 3])
    h = ops.dense(h, { weight: p[`ffn.${layer}.weight`], bias: p[`ffn.${layer}.bias`], activation: 'relu' });
  return ops.linear(h, p['ffn.6.weight'], p['ffn.6.bias']);
}

// One pass in float64 sums in another order than PyTorch; float32 rounds some 40 times on the longest path.
describe.each([
  ['float64 tape', () => new EmbeddedEngine(typescriptMachine('float64')), 1e-11],
  ['WebAssembly', () => new EmbeddedEngine(wasmMachine(1)), 5e-6],
] as const)('weights of the discount factor against PyTorch: %s', (_, create, tolerance) => {
  it.each(Object.keys(golden.extracted))('%s', async (checkpoint) => {
    const engine = create();
    const state = golden.final_states[checkpoint].stochastic_discount_factor;
    const set = engine.parameters(
      Object.entries(state).map(([name, values]): NamedValues => ({
        name,
        shape: shapeOf(values),
        values: Float64Array.from(flat(values)),
        state: false,
      })),
    );
    const found = await engine.evaluate((ops) => ({ weights: weights(ops, set.tensors) }));
    const expected = golden.extracted[checkpoint].weights.flat();
    expect(
      distance(
        found.weights,
        present.map((cell) => Number(expected[cell])),
      ),
    ).toBeLessThan(tolerance);
    await engine.dispose();
  });
});
