import { EngineError } from '../../errors.ts';
import type { HostValues, HostWriter, NamedValues, Ops, Tensor } from '../../nn/index.ts';
import type { Engine, EngineMemory, EngineName, Optimizer, OptimizerOptions, ParameterSet, Values } from '../engine.ts';
import { checkedOps, ownTensor } from '../checked-ops.ts';
import { kernelsOf } from './kernels.ts';
import type { Tf, TfArray } from './namespace.ts';
import { tfOps } from './bind.ts';
import { TfOptimizer } from './optimizer.ts';
import { TfParameters, lasting, readArray } from './parameters.ts';
import type { Host } from './parameters.ts';
import { Step } from './step.ts';
import type { TfTensor } from './step.ts';

/** A tfjs that was loaded, and one of its backends, ready to compute. */
export interface TfBackend {
  readonly tf: Tf;
  /** What tfjs calls it: cpu, tensorflow, webgpu. */
  readonly backend: string;
  /** For people: the device, where tfjs or the driver names it. */
  readonly device: string;
  /** Ends what was started for it. */
  close?(): void;
}

interface Releasable {
  release(): void;
}

/** Bytes of tfjs's arrays, or of the buffers on a GPU, which it keeps for the next arrays, where those are more. */
function inUse(tf: Tf): { readonly bytes: number; readonly most: number } {
  const { numBytes, numBytesInGPU = 0 } = tf.memory();
  return { bytes: numBytes, most: Math.max(numBytes, numBytesInGPU) };
}

/** The engine over tfjs: one vocabulary, whichever backend a team has. */
export class TfjsEngine implements Engine {
  readonly name: EngineName;
  readonly description: string;
  readonly precision = 'float32';
  readonly #backend: TfBackend;
  readonly #tf: Tf;
  readonly #step: Step;
  readonly #ops: Ops;
  readonly #live = new Set<TfTensor>();
  readonly #held = new Set<Releasable>();
  readonly #host: Host;
  #peak = 0;

  constructor(name: EngineName, backend: TfBackend) {
    this.name = name;
    this.#backend = backend;
    this.#tf = backend.tf;
    this.description = `${name} (tfjs ${backend.tf.version_core}, ${backend.device}, float32)`;
    this.#step = new Step(backend.tf, kernelsOf(backend.tf, backend.backend));
    this.#ops = checkedOps(tfOps(this.#step));
    this.#host = {
      tf: backend.tf,
      activate() {
        // tfjs has one backend at a time for the whole process. For one that is initialised this is synchronous, in spite of
        // the promise.
        if (backend.tf.getBackend() !== backend.backend) void backend.tf.setBackend(backend.backend);
      },
      forget: (held) => this.#held.delete(held as Releasable),
      weigh: () => {
        this.#peak = Math.max(this.#peak, inUse(backend.tf).most);
      },
    };
  }

  tensor(values: HostValues | HostWriter, shape: readonly number[]): Tensor {
    this.#host.activate();
    const tensor = lasting(this.#tf, values, shape, false);
    this.#live.add(tensor);
    return tensor;
  }

  release(tensor: Tensor): void {
    const own = ownTensor<TfTensor>(this.#step, tensor, 'tensor');
    if (this.#live.delete(own)) own.array.dispose();
  }

  parameters(values: readonly NamedValues[]): ParameterSet {
    this.#host.activate();
    const parameters = new TfParameters(this.#host, values);
    this.#held.add(parameters);
    return parameters;
  }

  optimizer(parameters: ParameterSet, options: OptimizerOptions = {}): Optimizer {
    if (!(parameters instanceof TfParameters))
      throw new EngineError({
        field: 'parameters',
        expected: `parameters of the engine ${this.name}`,
        found: 'those of another engine',
        remedy: 'Make them with engine.parameters(values).',
      });
    this.#host.activate();
    const optimizer = new TfOptimizer(this.#step, this.#ops, this.#host, parameters, options);
    this.#held.add(optimizer);
    return optimizer;
  }

  async evaluate<K extends string>(run: (ops: Ops) => Readonly<Record<K, Tensor>>): Promise<Record<K, Values>> {
    await Promise.resolve();
    this.#host.activate();
    this.#step.begin({ training: false, seed: 0 });
    const arrays: [K, TfArray][] = [];
    try {
      // Nested lists are how tidy is told what to keep; clones, because a result may be a parameter itself.
      this.#tf.tidy(() => {
        const results = run(this.#ops);
        this.#host.weigh();
        for (const name in results)
          arrays.push([
            name,
            this.#tf.keep(this.#tf.clone(ownTensor<TfTensor>(this.#step, results[name], name).array)),
          ]);
      });
      this.#step.end();
      const read: Partial<Record<K, Values>> = {};
      for (const [name, array] of arrays) read[name] = await readArray(array);
      return read as Record<K, Values>;
    } finally {
      this.#step.end();
      for (const [, array] of arrays) array.dispose();
    }
  }

  memory(): EngineMemory {
    const { bytes, most } = inUse(this.#tf);
    return { bytes, reservedBytes: Math.max(this.#peak, most), tensors: this.#live.size, workers: 0 };
  }

  dispose(): Promise<void> {
    for (const held of [...this.#held]) held.release();
    this.#held.clear();
    for (const { array } of this.#live) array.dispose();
    this.#live.clear();
    this.#backend.close?.();
    return Promise.resolve();
  }
}
