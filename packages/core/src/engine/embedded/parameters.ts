import { ShapeError } from '../../errors.ts';
import type { NamedValues } from '../../nn/index.ts';
import type { ParameterSet, Snapshot, Values } from '../engine.ts';
import type { Heap } from './heap.ts';
import { requireCount } from '../shapes.ts';
import type { HeapTensor } from './tape.ts';

/**
 * Weights side by side in one block and their gradients in another, so that the optimizer and the norm run over all of them
 * at once; state in a third.
 */
export class HeapParameters implements ParameterSet {
  readonly tensors: Readonly<Record<string, HeapTensor>>;
  readonly names: readonly string[];
  readonly state: readonly string[];
  readonly size: number;
  readonly weights: number;
  readonly gradients: number;
  readonly #state: number;
  readonly #heap: Heap;

  constructor(heap: Heap, values: readonly NamedValues[]) {
    this.#heap = heap;
    this.names = values.map(({ name }) => name);
    this.state = values.filter(({ state }) => state).map(({ name }) => name);
    const count = (state: boolean) =>
      values.reduce((sum, entry) => sum + (entry.state === state ? entry.values.length : 0), 0);
    this.size = count(false);
    this.weights = heap.take(this.size);
    this.gradients = heap.take(this.size);
    this.#state = heap.take(count(true));
    heap.f.fill(0, this.gradients, this.gradients + this.size);
    const tensors: Record<string, HeapTensor> = {};
    let weight = 0;
    let state = this.#state;
    for (const entry of values) {
      requireCount(entry.values.length, entry.shape);
      const size = entry.values.length;
      const at = entry.state ? state : this.weights + weight;
      heap.f.set(entry.values, at);
      tensors[entry.name] = {
        shape: entry.shape,
        size,
        at,
        needsGradient: false,
        gradientAt: entry.state ? -1 : this.gradients + weight,
        root: undefined,
        step: 0,
      };
      if (entry.state) state += size;
      else weight += size;
    }
    this.tensors = tensors;
  }

  /** Lets gradients flow into the weights, or stops them. */
  differentiate(on: boolean): void {
    for (const tensor of Object.values(this.tensors)) tensor.needsGradient = on && tensor.gradientAt >= 0;
  }

  read(): Promise<Snapshot> {
    return Promise.resolve(this.#copy(({ at }) => at));
  }

  readGradients(): Snapshot {
    return this.#copy(({ gradientAt }) => gradientAt);
  }

  #copy(place: (tensor: HeapTensor) => number): Snapshot {
    const copies: Record<string, Values> = {};
    for (const [name, tensor] of Object.entries(this.tensors)) {
      const at = place(tensor);
      if (at >= 0) copies[name] = this.#heap.f.slice(at, at + tensor.size);
    }
    return copies;
  }

  write(snapshot: Snapshot): void {
    for (const [name, values] of Object.entries(snapshot)) {
      const tensor: HeapTensor | undefined = this.tensors[name];
      if (tensor?.size !== values.length)
        throw new ShapeError({
          field: name,
          expected: tensor ? `${tensor.size} numbers` : `one of ${this.names.join(', ')}`,
          found: tensor ? String(values.length) : 'no such parameter',
          remedy: 'The snapshot belongs to a network of another shape.',
        });
      this.#heap.f.set(values, tensor.at);
    }
  }

  release(): void {
    for (const place of [this.weights, this.gradients, this.#state]) this.#heap.give(place);
  }
}
