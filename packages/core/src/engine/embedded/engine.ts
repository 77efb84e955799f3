import type { HostValues, HostWriter, NamedValues, Ops, Tensor } from '../../nn/index.ts';
import type { Engine, EngineMemory, Optimizer, OptimizerOptions, ParameterSet, Values } from '../engine.ts';
import { arrayStorage, Heap } from './heap.ts';
import type { Storage } from './heap.ts';
import { twinKernels } from './twin/kernels.ts';
import { HeapOptimizer } from './optimizer.ts';
import { checkedOps, ownTensor } from '../checked-ops.ts';
import { requireCount, sizeOf } from '../shapes.ts';
import { tapeOps, writeNumbers } from './bind.ts';
import { HeapParameters } from './parameters.ts';
import { Tape } from './tape.ts';
import type { HeapTensor, Runner } from './tape.ts';

/** Where the embedded engine keeps its numbers and what computes on them. */
export interface Machine {
  readonly description: string;
  readonly storage: Storage;
  readonly runner: Runner;
  /** Worker threads that are up. */
  workers(): number;
  dispose(): Promise<void>;
}

/** The embedded engine over a machine. */
export class EmbeddedEngine implements Engine {
  readonly name = 'embedded';
  readonly description: string;
  readonly precision: 'float32' | 'float64';
  readonly #machine: Machine;
  readonly #heap: Heap;
  readonly #tape: Tape;
  readonly #ops: Ops;
  readonly #live = new Set<HeapTensor>();

  constructor(machine: Machine) {
    this.#machine = machine;
    this.description = `embedded (${machine.description})`;
    this.#heap = new Heap(machine.storage);
    this.precision = this.#heap.f instanceof Float64Array ? 'float64' : 'float32';
    this.#tape = new Tape(this.#heap, machine.runner);
    this.#ops = checkedOps(tapeOps(this.#tape));
  }

  tensor(values: HostValues | HostWriter, shape: readonly number[]): Tensor {
    if (typeof values !== 'function') requireCount(values.length, shape);
    const size = sizeOf(shape);
    const at = this.#heap.take(size);
    writeNumbers(this.#heap.f, at, size, values);
    const tensor: HeapTensor = {
      shape,
      size,
      at,
      needsGradient: false,
      gradientAt: -1,
      root: undefined,
      step: 0,
    };
    this.#live.add(tensor);
    return tensor;
  }

  release(tensor: Tensor): void {
    const own = ownTensor<HeapTensor>(this.#tape, tensor, 'tensor');
    if (this.#live.delete(own)) this.#heap.give(own.at);
  }

  parameters(values: readonly NamedValues[]): ParameterSet {
    return new HeapParameters(this.#heap, values);
  }

  optimizer(parameters: ParameterSet, options: OptimizerOptions = {}): Optimizer {
    if (!(parameters instanceof HeapParameters)) throw new TypeError('the parameters belong to another engine');
    return new HeapOptimizer(this.#tape, this.#ops, parameters, options);
  }

  async evaluate<K extends string>(run: (ops: Ops) => Readonly<Record<K, Tensor>>): Promise<Record<K, Values>> {
    await Promise.resolve();
    this.#tape.begin({ training: false, recording: false, seed: 0 });
    try {
      const read: Partial<Record<K, Values>> = {};
      const results = run(this.#ops);
      for (const name in results) {
        const { at, size } = ownTensor<HeapTensor>(this.#tape, results[name], name);
        read[name] = this.#heap.f.slice(at, at + size);
      }
      return read as Record<K, Values>;
    } finally {
      this.#tape.end();
    }
  }

  memory(): EngineMemory {
    const width = this.#heap.f.BYTES_PER_ELEMENT;
    return {
      bytes: this.#heap.used * width,
      reservedBytes: this.#heap.reserved * width,
      tensors: this.#live.size,
      workers: this.#machine.workers(),
    };
  }

  dispose(): Promise<void> {
    return this.#machine.dispose();
  }
}

/** All kernels in TypeScript on one thread: the oracle of the tests, and the way out where WebAssembly is switched off. */
export function typescriptMachine(precision: 'float32' | 'float64'): Machine {
  const storage = arrayStorage(precision);
  const kernels = twinKernels(storage.views);
  return {
    description: `TypeScript, 1 thread, ${precision}`,
    storage,
    runner: {
      run(name, rows, chunk, operands) {
        const kernel: (chunk: number, from: number, to: number, ...rest: number[]) => void = kernels[name];
        for (let c = 0, from = 0; from < rows; c++, from += chunk)
          kernel(c, from, Math.min(rows, from + chunk), ...operands);
      },
    },
    workers: () => 0,
    dispose: () => Promise.resolve(),
  };
}
