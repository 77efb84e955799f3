import assert from 'node:assert/strict';
import { EmbeddedEngine, typescriptMachine, type Engine } from '../../engine/index.ts';
import { EngineError, Ml4tError } from '../../errors.ts';
import type { NamedValues, Ops, Tensor } from '../../nn/index.ts';
import type { ContractCheck } from '../estimator-contract.ts';
import { counting, operationsOf, pairCases, pairErrors } from './pair.ts';
import { distance, runCase } from './run-case.ts';

/** An engine under test. */
export interface EngineUnderTest {
  /** Starts one; called for every check, and disposed of after it. */
  readonly create: () => Engine | Promise<Engine>;
  /**
   * How far losses, gradients and running statistics may be from the exact ones, relative to the largest of them (4e-5: float32 with
   * sums of hundreds of terms). A wrong term is an error of order one.
   */
  readonly tolerance?: number;
}

/**
 * What every engine promises, as named checks for any test runner: on every pair case (each operation in every way it is used, and
 * random shapes) the loss, the gradients and the running statistics of the float64 oracle; equal bits for equal seeds; Adam's and
 * AdamW's steps; errors that name the argument; and every array given back.
 */
export function engineContract({ create, tolerance = 4e-5 }: EngineUnderTest): readonly ContractCheck[] {
  const using = async <T>(use: (engine: Engine) => Promise<T>): Promise<T> => {
    const engine = await create();
    try {
      return await use(engine);
    } finally {
      await engine.dispose();
    }
  };
  const oracle = (): Engine => new EmbeddedEngine(typescriptMachine('float64'));
  const named: Record<string, () => Promise<void>> = {
    'has every operation of the vocabulary, and the cases call each': () =>
      using(async (engine) => {
        const called = new Set(['constant']);
        let own: string[] = [];
        await engine.evaluate((ops) => {
          own = operationsOf(ops).sort();
          return {};
        });
        let all: string[] = [];
        await oracle().evaluate((ops) => {
          all = operationsOf(ops).sort();
          return {};
        });
        assert.deepEqual(own, all, 'operations');
        const reference = oracle();
        for (const test of pairCases)
          await runCase(reference, { ...test, run: (ops, t) => test.run(counting(ops, called), t) });
        assert.deepEqual(
          all.filter((name) => !called.has(name)),
          [],
          'operations that no case calls',
        );
      }),

    'gives equal bits for equal seeds': () =>
      using(async (engine) => {
        for (const test of pairCases) {
          const [a, b] = [await runCase(engine, test), await runCase(engine, test)];
          assert.equal(distance([a.loss], [b.loss]), 0, `${test.name}: the loss`);
          for (const [name, gradient] of Object.entries(a.gradients))
            assert.equal(distance(gradient, b.gradients[name]), 0, `${test.name}: the gradient of ${name}`);
        }
      }),

    "makes Adam's and AdamW's steps": () =>
      using(async (engine) => {
        for (const kind of ['adam', 'adamw'] as const)
          for (const clip of [undefined, 0.5]) {
            const [found, expected] = [await fiveSteps(engine, kind, clip), await fiveSteps(oracle(), kind, clip)];
            const error = distance(found, expected, 1);
            assert.ok(error < tolerance, `${kind}, clip ${String(clip)}: weights differ by ${error}`);
          }
      }),

    'names the argument that is wrong, and works on after it': () =>
      using(async (engine) => {
        const x = engine.tensor([1, 2, 3, 4, 5, 6], [2, 3]);
        const refuses = async (run: (ops: Ops) => Tensor, field: string): Promise<void> => {
          const error: unknown = await engine.evaluate((ops) => ({ y: run(ops) })).catch((reason: unknown) => reason);
          assert.ok(error instanceof Ml4tError, `${field}: expected an error of the library, found ${String(error)}`);
          assert.equal(error.field, field);
        };
        await refuses((ops) => ops.linear(x, ops.constant([1, 2], [1, 2])), 'linear.weight');
        await refuses((ops) => ops.add(x, ops.constant([1, 2], [2])), 'add.b');
        await refuses((ops) => ops.rows(x, Int32Array.of(0, 2)), 'rows.index[1]');
        await refuses((ops) => ops.square({} as Tensor), 'square.x');
        await refuses((ops) => ops.square(undefined as unknown as Tensor), 'square.x');
        let kept = x;
        await engine.evaluate((ops) => ({ y: (kept = ops.square(x)) }));
        await assert.rejects(
          engine.evaluate((ops) => ({ y: ops.square(kept) })),
          EngineError,
        );
        const { y } = await engine.evaluate((ops) => ({ y: ops.sum(x) }));
        assert.equal(y[0], 21);
      }),

    'gives back what it took': () =>
      using(async (engine) => {
        for (const test of pairCases) {
          await runCase(engine, test);
          assert.equal(engine.memory().tensors, 0, `${test.name} keeps tensors`);
        }
      }),
  };
  const cases = pairCases.map((test): [string, () => Promise<void>] => [
    `computes what the oracle computes: ${test.name}`,
    () =>
      using(async (engine) => {
        const { loss, gradients, state } = await pairErrors(oracle(), engine, test);
        for (const [name, error] of Object.entries({ ...gradients, 'the loss': loss, 'running statistics': state }))
          assert.ok(error < tolerance, `${name} differs by ${error}`);
      }),
  ]);
  return [...Object.entries(named), ...cases].map(([name, run]) => ({ name, run }));
}

/** The weights of a small regression after five steps. */
async function fiveSteps(engine: Engine, kind: 'adam' | 'adamw', clip: number | undefined): Promise<Float64Array> {
  const values: NamedValues[] = [
    { name: 'w', shape: [2, 3], values: Float64Array.of(0.5, -0.25, 1, 0.125, 2, -1), state: false },
  ];
  const parameters = engine.parameters(values);
  const optimizer = engine.optimizer(parameters, { kind, learningRate: 0.1, weightDecay: 0.3 });
  for (let step = 0; step < 5; step++) {
    await optimizer.accumulate((ops) => {
      const x = ops.constant([1, 2, -1, 0.5, step, 3], [2, 3]);
      return ops.meanSquaredError(ops.linear(x, parameters.tensors.w), ops.constant([1, 0, -1, 2], [2, 2]));
    });
    await optimizer.apply(clip === undefined ? {} : { clip });
  }
  const { w } = await parameters.read();
  optimizer.release();
  parameters.release();
  return Float64Array.from(w);
}
