import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedEngine, typescriptMachine, wasmMachine, type Engine } from '@ml4t/core/engine';
import type { NamedValues } from '@ml4t/core/nn';
import { describe, expect, it } from '@jest/globals';
import { parseSAEConfig, type SAEConfig } from '../src/sae/config.ts';
import { composedBody, fusedBody, saeForward, saeParameters, saePredict, type Body } from '../src/sae/network.ts';
import { saeLoss, type Step, type StepArrays } from '../src/sae/objective.ts';

interface Golden {
  readonly rows: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly offsets: readonly number[];
  readonly x: readonly number[];
  readonly y: readonly (number | null)[];
  readonly initial: Record<string, number[]>;
  readonly gradients: Record<string, number[]>;
  readonly decoded: number[];
  readonly auxiliary: number[];
  readonly main: number[];
  readonly losses: readonly number[];
  readonly final: Record<string, number[]>;
  readonly evaluated: number[];
}

const kinds = ['regression', 'multi-label', 'rank-ic'] as const;

function configOf(kind: (typeof kinds)[number]): SAEConfig {
  return parseSAEConfig({
    taskType: kind === 'multi-label' ? 'multi-label' : 'regression',
    objective: kind === 'rank-ic' ? 'rank-ic' : 'squared-error',
    bottleneckDim: 3,
    auxHiddenDim: 4,
    mainHiddenUnits: [6, 5],
    noiseStd: 0,
    decoderDropout: 0,
    auxDropout: 0,
    mainInputDropout: 0,
    mainDropout: 0,
  });
}

/** Largest difference over the largest entry expected, at least .01: the mean of normalised features is 0 but for rounding. */
function distance(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(found.length).toBe(expected.length);
  let [most, scale] = [0, 0.01];
  for (let i = 0; i < expected.length; i++) {
    most = Math.max(most, Math.abs(found[i] - expected[i]));
    scale = Math.max(scale, Math.abs(expected[i]));
  }
  return most / scale;
}

// [engine, one pass, path of 20 steps]: argued in golden/README.md.
const engines: [string, () => Engine, number, number][] = [
  ['float64 tape', () => new EmbeddedEngine(typescriptMachine('float64')), 1e-10, 1e-7],
  ['WebAssembly', () => new EmbeddedEngine(wasmMachine(1)), 2e-5, 2e-3],
];
const bodies: [string, Body][] = [
  ['fused', fusedBody],
  ['composed', composedBody],
];

describe.each(kinds)('agreement with PyTorch: %s', (kind) => {
  const path = join(import.meta.dirname ?? __dirname, 'golden', `${kind}.json`);
  const golden = JSON.parse(readFileSync(path, 'utf8')) as Golden;
  const config = configOf(kind);
  const step = (number: number): Step => ({
    rows: Int32Array.from({ length: golden.rows }, (_, i) => i),
    offsets: kind === 'rank-ic' ? Int32Array.from(golden.offsets) : undefined,
    number,
  });
  const inputs = Float64Array.from(golden.x);
  const targets = Float64Array.from(golden.y, (value) => value ?? Number.NaN);
  const weights = targets.some(Number.isNaN) ? targets.map((y) => Number(!Number.isNaN(y))) : undefined;
  const specs = saeParameters(config, golden);
  const initial: NamedValues[] = Object.entries(specs).map(([name, { shape, state }]) => ({
    name,
    shape,
    values: Float64Array.from(golden.initial[name]),
    state: state ?? false,
  }));

  it('has the arrays of the reference', () => {
    expect(Object.keys(specs).sort()).toEqual(Object.keys(golden.initial).sort());
  });

  describe.each(engines)('%s', (_, create, pass, walk) => {
    it.each(bodies)('%s: forward, gradients and a path of 20 steps', async (_, body) => {
      const engine = create();
      // Float64 all the way on the float64 tape; the arrays are narrowed by the other engine.
      const arrays = { inputs, targets, weights } as unknown as StepArrays;
      // A training pass gives back a number alone: the mean squared distance of each output from the reference's.
      for (const name of ['decoded', 'auxiliary', 'main'] as const) {
        const probe = engine.optimizer(engine.parameters(initial));
        const error = await probe.accumulate((ops) => {
          const { tensors } = probe.parameters;
          const x = ops.constant(inputs, [golden.rows, golden.inputs]);
          const output = saeForward(ops, tensors, x, config, 1, body)[name];
          return ops.meanSquaredError(output, ops.constant(golden[name], output.shape));
        });
        expect(Math.sqrt(error) / Math.max(...golden[name].map(Math.abs))).toBeLessThan(pass);
      }
      const parameters = engine.parameters(initial);
      const optimizer = engine.optimizer(parameters, { learningRate: 1e-2 });
      const losses: number[] = [];
      for (let number = 1; number <= 20; number++) {
        losses.push(
          await optimizer.accumulate((ops) => saeLoss(ops, parameters.tensors, step(number), arrays, config, body)),
        );
        if (number === 1) {
          const gradients = await optimizer.gradients();
          for (const [name, expected] of Object.entries(golden.gradients))
            expect([name, distance(gradients[name], expected) < pass]).toEqual([name, true]);
        }
        await optimizer.apply();
      }
      expect(distance(losses.slice(0, 1), golden.losses.slice(0, 1))).toBeLessThan(pass);
      expect(distance(losses, golden.losses)).toBeLessThan(walk);
      const final = await parameters.read();
      for (const [name, expected] of Object.entries(golden.final))
        expect([name, distance(final[name], expected) < walk]).toEqual([name, true]);
      const { main } = await engine.evaluate((ops) => ({
        main: saePredict(ops, parameters.tensors, ops.constant(inputs, [golden.rows, golden.inputs]), config),
      }));
      expect(distance(main, golden.evaluated)).toBeLessThan(walk);
      await engine.dispose();
    });
  });
});
