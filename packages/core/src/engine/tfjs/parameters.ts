import { ShapeError } from '../../errors.ts';
import type { HostValues, HostWriter, NamedValues } from '../../nn/index.ts';
import type { ParameterSet, Snapshot, Values } from '../engine.ts';
import type { Tf, TfArray, TfVariable } from './namespace.ts';
import { ownNumbers } from './bind.ts';
import { requireCount, sizeOf } from '../shapes.ts';
import type { TfTensor } from './step.ts';

/** A tensor that lives until released. */
export interface LastingTensor extends TfTensor {
  readonly variable: TfVariable;
}

export function lasting(
  tf: Tf,
  values: HostValues | HostWriter,
  shape: readonly number[],
  trainable: boolean,
): LastingTensor {
  if (typeof values !== 'function') requireCount(values.length, shape);
  const initial = tf.tensor(ownNumbers(values, shape), [...shape], 'float32');
  const variable = tf.variable(initial, trainable);
  initial.dispose();
  return { shape: [...shape], array: variable, variable, needsGradient: false, step: 0 };
}

/** A copy on the host. The cpu backend would hand out its own memory. */
export async function readArray(array: TfArray): Promise<Float32Array> {
  return new Float32Array(await array.data());
}

/** What an engine does for the things it made. */
export interface Host {
  readonly tf: Tf;
  /** Makes the engine's backend the one that tfjs uses; another engine may have changed it. */
  activate(): void;
  /** Takes note that something was released. */
  forget(held: object): void;
  /** Takes note of the memory in use, at a moment when it is most. */
  weigh(): void;
}

/** Weights and state as tfjs variables. */
export class TfParameters implements ParameterSet {
  readonly tensors: Readonly<Record<string, LastingTensor>>;
  readonly names: readonly string[];
  readonly state: readonly string[];
  readonly size: number;
  /** Names of the weights: what an optimizer moves. */
  readonly weights: readonly string[];
  readonly #host: Host;
  #released = false;

  constructor(host: Host, values: readonly NamedValues[]) {
    this.#host = host;
    this.names = values.map(({ name }) => name);
    this.state = values.filter(({ state }) => state).map(({ name }) => name);
    const weights = values.filter(({ state }) => !state);
    this.weights = weights.map(({ name }) => name);
    this.size = weights.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    this.tensors = Object.fromEntries(
      values.map(({ name, shape, state, values: numbers }) => [name, lasting(host.tf, numbers, shape, !state)]),
    );
  }

  /** Lets gradients flow into the weights, or stops them. */
  differentiate(on: boolean): void {
    for (const name of this.weights) this.tensors[name].needsGradient = on;
  }

  async read(): Promise<Snapshot> {
    const entries = this.names.map(async (name) => [name, await readArray(this.tensors[name].array)] as const);
    return Object.fromEntries(await Promise.all(entries)) as Record<string, Values>;
  }

  write(snapshot: Snapshot): void {
    this.#host.activate();
    for (const [name, values] of Object.entries(snapshot)) {
      const tensor: LastingTensor | undefined = this.tensors[name];
      if (!tensor || sizeOf(tensor.shape) !== values.length)
        throw new ShapeError({
          field: name,
          expected: tensor ? `${sizeOf(tensor.shape)} numbers` : `one of ${this.names.join(', ')}`,
          found: tensor ? String(values.length) : 'no such parameter',
          remedy: 'The snapshot belongs to a network of another shape.',
        });
      const fresh = this.#host.tf.tensor(new Float32Array(values), [...tensor.shape], 'float32');
      tensor.variable.assign(fresh);
      fresh.dispose();
    }
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#host.forget(this);
    for (const { variable } of Object.values(this.tensors)) variable.dispose();
  }
}
