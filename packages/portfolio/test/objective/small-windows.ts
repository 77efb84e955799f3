import { Random } from '@ml4t/core';
import { EmbeddedEngine, typescriptMachine } from '@ml4t/core/engine';
import type { Ops, Tensor } from '@ml4t/core/nn';
import type { WeightTensors } from '../../src/objective/index.ts';

/** The arrays of a few windows, all (B, T, N) unless their name says otherwise. */
export interface Windows {
  readonly shape: readonly [number, number, number];
  readonly mask: Uint8Array;
  readonly weights: Float64Array;
  readonly forwardReturns: Float64Array;
  readonly volScale: Float64Array;
  readonly costs: Float64Array;
  readonly prevWeights: Float64Array;
}

/** Random windows in which assets come and go. */
export function randomWindows(seed: number, shape: readonly [number, number, number] = [3, 7, 4]): Windows {
  const random = new Random(seed);
  const [B, T, N] = shape;
  const draw = (n: number, make: () => number): Float64Array => Float64Array.from({ length: n }, make);
  return {
    shape,
    mask: Uint8Array.from({ length: B * T * N }, () => (random.uniform() < 0.8 ? 1 : 0)),
    weights: draw(B * T * N, () => Math.tanh(random.normal())),
    forwardReturns: draw(B * T * N, () => 0.01 * random.normal()),
    volScale: draw(B * T * N, () => 0.5 + random.uniform()),
    costs: draw(N, () => 0.002 * random.uniform()),
    prevWeights: draw(B * N, () => 0.2 * random.normal()),
  };
}

/** The windows as tensors; their float64 values go in unrounded on the float64 tape. */
export function weightTensors(ops: Ops, windows: Windows, weights: Tensor): WeightTensors {
  const { shape, mask, forwardReturns, volScale, costs, prevWeights } = windows;
  const [B, , N] = shape;
  return {
    weights,
    mask: ops.constant(mask, shape),
    forwardReturns: ops.constant(forwardReturns, shape),
    volScale: ops.constant(volScale, shape),
    costs: ops.constant(costs, [N]),
    prevWeights: ops.constant(prevWeights, [B, N]),
  };
}

/** A scalar of one array, its gradient, and its finite differences, in float64. */
export class Differentiable {
  readonly #engine = new EmbeddedEngine(typescriptMachine('float64'));
  readonly #shape: readonly number[];
  readonly #of: (ops: Ops, x: Tensor) => Tensor;

  constructor(shape: readonly number[], of: (ops: Ops, x: Tensor) => Tensor) {
    this.#shape = shape;
    this.#of = of;
  }

  async at(values: Float64Array): Promise<{ value: number; gradient: Float64Array }> {
    const parameters = this.#engine.parameters([{ name: 'x', shape: this.#shape, values, state: false }]);
    const optimizer = this.#engine.optimizer(parameters);
    const value = await optimizer.accumulate((ops) => this.#of(ops, parameters.tensors.x));
    const gradient = Float64Array.from((await optimizer.gradients()).x);
    optimizer.release();
    parameters.release();
    return { value, gradient };
  }

  /** Largest difference between the gradient and central differences, over the largest entry of the gradient. */
  async error(values: Float64Array, h = 1e-6): Promise<number> {
    const { gradient } = await this.at(values);
    const scale = Math.max(...Array.from(gradient, Math.abs));
    let most = 0;
    for (let i = 0; i < values.length; i++) {
      const [up, down] = [values.slice(), values.slice()];
      up[i] += h;
      down[i] -= h;
      const difference = ((await this.at(up)).value - (await this.at(down)).value) / (2 * h);
      most = Math.max(most, Math.abs(difference - gradient[i]) / scale);
    }
    return most;
  }
}
