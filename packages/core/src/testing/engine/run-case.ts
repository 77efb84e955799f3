import type { Engine, Snapshot } from '../../engine/index.ts';
import { CounterRandom } from '../../nn/index.ts';
import type { NamedValues, Ops, Tensor } from '../../nn/index.ts';
import type { Case } from './cases.ts';

/** The inputs of a case, drawn from its name, or with one number of one input moved by `step`. */
export function inputsOf(test: Case): NamedValues[] {
  const generator = new CounterRandom(1).fork(test.name);
  return Object.entries(test.inputs).map(([name, input]) => {
    const size = input.shape.reduce((a, b) => a * b, 1);
    const draw = generator.fork(name);
    const values = input.values?.(draw, size) ?? Array.from({ length: size }, () => draw.normal());
    return { name, shape: input.shape, values: Float64Array.from(values), state: input.fixed ?? false };
  });
}

/** The result's sum against fixed numbers. */
function weigh(ops: Ops, result: Tensor): Tensor {
  const size = result.shape.reduce((a, b) => a * b, 1);
  const weights = Float64Array.from({ length: size }, (_, i) => Math.sin(1 + 2.3 * i));
  return ops.sum(ops.mul(result, ops.constant(weights, result.shape)));
}

/** Loss and gradients of a case on an engine, and the state it left (running statistics). */
export async function runCase(
  engine: Engine,
  test: Case,
  values = inputsOf(test),
): Promise<{ loss: number; gradients: Snapshot; after: Snapshot }> {
  const parameters = engine.parameters(values);
  const optimizer = engine.optimizer(parameters);
  try {
    const loss = await optimizer.accumulate((ops) => weigh(ops, test.run(ops, parameters.tensors)), { seed: 3 });
    return { loss, gradients: await optimizer.gradients(), after: await parameters.read() };
  } finally {
    optimizer.release();
    parameters.release();
  }
}

/** Largest difference over the largest magnitude, at least `scale`. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>, scale = 1e-12): number {
  let difference = 0;
  for (let i = 0; i < a.length; i++) {
    if (a[i] === b[i]) continue;
    difference = Math.max(difference, Math.abs(a[i] - b[i]));
    scale = Math.max(scale, Math.abs(a[i]), Math.abs(b[i]));
    if (Number.isNaN(a[i]) !== Number.isNaN(b[i])) return Infinity;
  }
  return difference / scale;
}

/** Largest element of all gradients: what a single gradient is measured against, since some are zero by symmetry. */
export function largest(gradients: Snapshot): number {
  return Math.max(...Object.values(gradients).flatMap((gradient) => Array.from(gradient, Math.abs)));
}
