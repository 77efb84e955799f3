import { ShapeError } from '../../errors.ts';
import type { HostValues, NamedValues, Ops, Tensor } from '../../nn/index.ts';
import { requireCount } from '../embedded/ops.ts';
import { requireShape } from '../embedded/shapes.ts';
import type {
  AppliedStep,
  Engine,
  EngineMemory,
  EngineName,
  Optimizer,
  OptimizerOptions,
  ParameterSet,
  Snapshot,
  StepOptions,
  Values,
} from '../engine.ts';
import { own } from './layers.ts';
import { narrow, tfjsOps } from './ops.ts';
import type { Tf, TfTensor, TfVariable } from './tf.ts';

/** The engine over a tfjs module that is loaded and has its backend set. */
export class TfjsEngine implements Engine {
  readonly name: EngineName;
  readonly description: string;
  readonly precision = 'float32';
  readonly #tf: Tf;
  readonly #live = new Set<TfTensor>();

  constructor(name: EngineName, tf: Tf) {
    this.name = name;
    this.#tf = tf;
    this.description = `${name} (tfjs backend ${tf.getBackend()}, float32)`;
  }

  tensor(values: HostValues, shape: readonly number[]): Tensor {
    requireCount(values.length, shape);
    const tensor = this.#tf.tensor(narrow(values), shape, 'float32');
    this.#live.add(tensor);
    return tensor;
  }

  release(tensor: Tensor): void {
    if (this.#live.delete(own(tensor))) own(tensor).dispose();
  }

  parameters(values: readonly NamedValues[]): ParameterSet {
    return new TfjsParameters(this.#tf, values);
  }

  optimizer(parameters: ParameterSet, options: OptimizerOptions = {}): Optimizer {
    if (!(parameters instanceof TfjsParameters)) throw new TypeError('the parameters belong to another engine');
    return new TfjsOptimizer(this.#tf, parameters, options);
  }

  async evaluate<K extends string>(run: (ops: Ops) => Readonly<Record<K, Tensor>>): Promise<Record<K, Values>> {
    await Promise.resolve();
    const results = this.#tf.tidy(() => {
      // Copies, so that an input handed straight back is not disposed with the results.
      const made: Partial<Record<K, TfTensor>> = {};
      const given = run(tfjsOps(this.#tf, false, 0));
      for (const name in given) made[name] = this.#tf.clone(own(given[name]));
      return made as Record<K, TfTensor>;
    });
    const read: Partial<Record<K, Values>> = {};
    for (const name in results) {
      read[name] = Float32Array.from(await results[name].data());
      results[name].dispose();
    }
    return read as Record<K, Values>;
  }

  memory(): EngineMemory {
    const { numBytes } = this.#tf.memory();
    return { bytes: numBytes, reservedBytes: numBytes, tensors: this.#live.size, workers: 0 };
  }

  dispose(): Promise<void> {
    for (const tensor of this.#live) tensor.dispose();
    this.#live.clear();
    return Promise.resolve();
  }
}

class TfjsParameters implements ParameterSet {
  readonly tensors: Readonly<Record<string, TfVariable>>;
  readonly names: readonly string[];
  readonly state: readonly string[];
  readonly size: number;
  /** Those that are trained, by their own name. */
  readonly weights: ReadonlyMap<string, TfVariable>;
  readonly #tf: Tf;

  constructor(tf: Tf, values: readonly NamedValues[]) {
    this.#tf = tf;
    this.names = values.map(({ name }) => name);
    this.state = values.filter(({ state }) => state).map(({ name }) => name);
    const entries = values.map(({ name, shape, values: numbers, state }): [string, TfVariable] => {
      requireCount(numbers.length, shape);
      return [name, tf.tidy(() => tf.variable(tf.tensor(narrow(numbers), shape, 'float32'), !state))];
    });
    this.tensors = Object.fromEntries(entries);
    this.weights = new Map(entries.filter(([name]) => !this.state.includes(name)));
    this.size = values.reduce((sum, entry) => sum + (entry.state ? 0 : entry.values.length), 0);
  }

  async read(): Promise<Snapshot> {
    const copies: Record<string, Values> = {};
    for (const name of this.names) copies[name] = Float32Array.from(await this.tensors[name].data());
    return copies;
  }

  write(snapshot: Snapshot): void {
    for (const [name, values] of Object.entries(snapshot)) {
      const variable: TfVariable | undefined = this.tensors[name];
      const size = variable?.shape.reduce((product, n) => product * n, 1);
      if (size !== values.length)
        throw new ShapeError({
          field: name,
          expected: variable ? `${size} numbers` : `one of ${this.names.join(', ')}`,
          found: variable ? String(values.length) : 'no such parameter',
          remedy: 'The snapshot belongs to a network of another shape.',
        });
      this.#tf.tidy(() => {
        variable.assign(this.#tf.tensor(Float32Array.from(values), variable.shape, 'float32'));
      });
    }
  }

  release(): void {
    for (const variable of Object.values(this.tensors)) variable.dispose();
  }
}

/** Adam and AdamW as in the embedded engine, composed from tfjs operations. */
class TfjsOptimizer implements Optimizer {
  readonly parameters: TfjsParameters;
  readonly learningRate: number;
  readonly #tf: Tf;
  readonly #options: Required<OptimizerOptions>;
  readonly #moments = new Map<string, { first: TfVariable; second: TfVariable }>();
  readonly #waiting = new Map<string, TfTensor>();
  #steps = 0;

  constructor(tf: Tf, parameters: TfjsParameters, options: OptimizerOptions) {
    this.#tf = tf;
    this.parameters = parameters;
    const defaults = {
      kind: 'adam',
      learningRate: 1e-3,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0,
    } as const;
    this.#options = { ...defaults, ...options };
    this.learningRate = this.#options.learningRate;
    const zeros = (like: TfTensor) => tf.tidy(() => tf.variable(tf.zerosLike(like), false));
    for (const [name, weight] of parameters.weights)
      this.#moments.set(name, { first: zeros(weight), second: zeros(weight) });
  }

  async accumulate(loss: (ops: Ops) => Tensor, options: StepOptions = {}): Promise<number> {
    await Promise.resolve();
    const tf = this.#tf;
    const { weights } = this.parameters;
    const nameOf = new Map([...weights].map(([name, variable]) => [variable.name, name]));
    const { value, grads } = tf.variableGrads(() => {
      const result = own(loss(tfjsOps(tf, true, options.seed ?? 0)));
      requireShape('loss', result.shape, []);
      return result;
    }, [...weights.values()]);
    for (const [variable, gradient] of Object.entries(grads)) {
      const name = nameOf.get(variable) ?? variable;
      const before = this.#waiting.get(name);
      // tfjs gives null for a weight that the loss does not reach.
      if ((gradient as TfTensor | null) === null) continue;
      this.#waiting.set(name, before ? tf.add(before, gradient) : gradient);
      if (before) tf.dispose([before, gradient]);
    }
    const [number] = await value.data();
    value.dispose();
    return number;
  }

  async gradients(): Promise<Snapshot> {
    const read: Record<string, Values> = {};
    for (const [name, weight] of this.parameters.weights) {
      const gradient = this.#waiting.get(name);
      const size = weight.shape.reduce((product, n) => product * n, 1);
      read[name] = gradient ? Float32Array.from(await gradient.data()) : new Float32Array(size);
    }
    return read;
  }

  async apply(options: { readonly learningRate?: number; readonly clip?: number } = {}): Promise<AppliedStep> {
    const tf = this.#tf;
    let squares = 0;
    for (const gradient of this.#waiting.values()) {
      const sum = tf.tidy(() => tf.sum(tf.square(gradient)));
      squares += (await sum.data())[0];
      sum.dispose();
    }
    const gradientNorm = Math.sqrt(squares);
    const applied = Number.isFinite(gradientNorm);
    if (applied) {
      this.#steps++;
      const scale = options.clip === undefined ? 1 : Math.min(1, options.clip / (gradientNorm + 1e-6));
      tf.tidy(() => {
        this.#update(options.learningRate ?? this.learningRate, scale);
      });
    }
    for (const gradient of this.#waiting.values()) gradient.dispose();
    this.#waiting.clear();
    return { gradientNorm, applied };
  }

  #update(rate: number, scale: number): void {
    const tf = this.#tf;
    const { kind, beta1, beta2, epsilon, weightDecay } = this.#options;
    for (const [name, weight] of this.parameters.weights) {
      const moments = this.#moments.get(name);
      if (!moments) continue;
      let gradient = tf.mul(this.#waiting.get(name) ?? tf.zerosLike(weight), scale);
      let start: TfTensor = weight;
      if (kind === 'adamw') start = tf.mul(weight, 1 - rate * weightDecay);
      else if (weightDecay !== 0) gradient = tf.add(gradient, tf.mul(weight, weightDecay));
      const first = tf.add(tf.mul(moments.first, beta1), tf.mul(gradient, 1 - beta1));
      const second = tf.add(tf.mul(moments.second, beta2), tf.mul(tf.square(gradient), 1 - beta2));
      const root = tf.add(tf.div(tf.sqrt(second), Math.sqrt(1 - beta2 ** this.#steps)), epsilon);
      moments.first.assign(first);
      moments.second.assign(second);
      weight.assign(tf.sub(start, tf.div(tf.mul(first, rate / (1 - beta1 ** this.#steps)), root)));
    }
  }

  release(): void {
    for (const { first, second } of this.#moments.values()) this.#tf.dispose([first, second]);
    for (const gradient of this.#waiting.values()) gradient.dispose();
  }
}
