import { ConfigError } from '../errors.ts';
import { constantValue, kaimingUniform, normal, ones, uniform, zeros } from './initialise.ts';
import type { Initialiser } from './initialise.ts';
import { CounterRandom } from './random.ts';

/** One named array of a network before an engine holds it. */
export interface ParameterSpec {
  readonly shape: readonly number[];
  readonly initial: Initialiser;
  /** State is written by operations (running statistics), never differentiated or optimized. Default false. */
  readonly state?: boolean;
}

/** The arrays of a network by name. Spread the helpers below into one. */
export type ParameterSpecs = Readonly<Record<string, ParameterSpec>>;

/** A named array with its numbers. */
export interface NamedValues {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array;
  readonly state: boolean;
}

/**
 * Initial values. Every array draws from a stream named after it, so adding or leaving out one layer leaves the
 * others' initial weights as they were.
 */
export function initialValues(specs: ParameterSpecs, seed: number): NamedValues[] {
  const root = new CounterRandom(seed);
  requireBearable(specs);
  return Object.entries(specs).map(([name, spec]) => ({
    name,
    shape: spec.shape,
    values: spec.initial(spec.shape, root.fork(name)),
    state: spec.state ?? false,
  }));
}

/** Weights, gradients and two moments of the optimizer, four bytes each, are to fit into the 4 GiB of WebAssembly memory. */
const mostNumbers = 2 ** 28;

function requireBearable(specs: ParameterSpecs): void {
  const count = ({ shape }: ParameterSpec): number => shape.reduce((product, n) => product * n, 1);
  const entries = Object.entries(specs).map(([name, spec]) => ({ name, shape: spec.shape, count: count(spec) }));
  const total = entries.reduce((sum, entry) => sum + entry.count, 0);
  if (total <= mostNumbers) return;
  const { name, shape } = entries.reduce((largest, entry) => (entry.count > largest.count ? entry : largest));
  throw new ConfigError({
    field: 'network',
    expected: `at most ${mostNumbers} weights`,
    found: `${total}, most of them in ${name} (${shape.join(' x ')})`,
    remedy: 'Make its layers smaller.',
  });
}

/** The arrays of a network with numbers read back from an engine or a file: shared, not copied. */
export function namedValues(
  specs: ParameterSpecs,
  numbers: Readonly<Record<string, Float32Array | Float64Array>>,
): NamedValues[] {
  return Object.entries(specs).map(([name, { shape, state }]) => ({
    name,
    shape,
    values: numbers[name],
    state: state ?? false,
  }));
}

/** `name.weight` (outputs, inputs) and `name.bias` (outputs), PyTorch's initial distribution. */
export function linearParameters(
  name: string,
  inputs: number,
  outputs: number,
  options: { bias?: boolean } = {},
): ParameterSpecs {
  const initial = kaimingUniform(inputs);
  const weight: ParameterSpecs = { [`${name}.weight`]: { shape: [outputs, inputs], initial } };
  return options.bias === false ? weight : { ...weight, [`${name}.bias`]: { shape: [outputs], initial } };
}

/** Gain 1, offset 0, running mean 0 and running variance 1 under `name`. */
export function batchNormParameters(name: string, features: number): ParameterSpecs {
  const shape = [features];
  return {
    [`${name}.weight`]: { shape, initial: ones },
    [`${name}.bias`]: { shape, initial: zeros },
    [`${name}.runningMean`]: { shape, initial: zeros, state: true },
    [`${name}.runningVariance`]: { shape, initial: ones, state: true },
  };
}

/** Gain 1 and offset 0 under `name`. */
export function layerNormParameters(name: string, features: number): ParameterSpecs {
  return {
    [`${name}.weight`]: { shape: [features], initial: ones },
    [`${name}.bias`]: { shape: [features], initial: constantValue(0) },
  };
}

/** The four arrays of an LSTM layer, U(-1/sqrt(hidden), 1/sqrt(hidden)) as in PyTorch. */
export function lstmParameters(name: string, features: number, hidden: number): ParameterSpecs {
  const initial = kaimingUniform(hidden);
  return {
    [`${name}.inputWeight`]: { shape: [4 * hidden, features], initial },
    [`${name}.recurrentWeight`]: { shape: [4 * hidden, hidden], initial },
    [`${name}.inputBias`]: { shape: [4 * hidden], initial },
    [`${name}.recurrentBias`]: { shape: [4 * hidden], initial },
  };
}

/** `name.hidden` and `name.cell`: two linear maps from a context to the initial state of an LSTM. */
export function initialStateParameters(name: string, context: number, hidden: number): ParameterSpecs {
  return {
    ...linearParameters(`${name}.hidden`, context, hidden),
    ...linearParameters(`${name}.cell`, context, hidden),
  };
}

/**
 * Variable selection over `features` beside a context of `context` numbers (0: none): the embeddings `name.weight` and `name.bias`
 * (width, features), normal with deviation 1/sqrt(features) and zero, and the network of the gates, `name.hidden` and `name.gates`.
 */
export function variableSelectionParameters(
  name: string,
  sizes: { readonly features: number; readonly context: number; readonly hidden: number; readonly width: number },
): ParameterSpecs {
  const { features, context, hidden, width } = sizes;
  const shape = [width, features];
  return {
    [`${name}.weight`]: { shape, initial: normal(1 / Math.sqrt(features)) },
    [`${name}.bias`]: { shape, initial: zeros },
    ...linearParameters(`${name}.hidden`, features + context, hidden),
    ...linearParameters(`${name}.gates`, hidden, features),
  };
}

/** `name.query`, `name.key`, `name.value` and `name.output` of attention over `width`, with PyTorch's initial distribution. */
export function attentionParameters(name: string, width: number): ParameterSpecs {
  // PyTorch draws the three projections as one array (3 width, width).
  const projection = uniform(Math.sqrt(6 / (4 * width)));
  const map = (part: string, initial: Initialiser): ParameterSpecs => ({
    [`${name}.${part}.weight`]: { shape: [width, width], initial },
    [`${name}.${part}.bias`]: { shape: [width], initial: zeros },
  });
  return {
    ...map('query', projection),
    ...map('key', projection),
    ...map('value', projection),
    ...map('output', kaimingUniform(width)),
  };
}

/** `name.hidden` (width to hidden) and `name.output` (back). */
export function geluAdapterParameters(name: string, width: number, hidden: number): ParameterSpecs {
  return { ...linearParameters(`${name}.hidden`, width, hidden), ...linearParameters(`${name}.output`, hidden, width) };
}

/** `name.gate`, `name.value` (width to hidden) and `name.output` (back), without biases. */
export function swigluAdapterParameters(name: string, width: number, hidden: number): ParameterSpecs {
  return {
    ...linearParameters(`${name}.gate`, width, hidden, { bias: false }),
    ...linearParameters(`${name}.value`, width, hidden, { bias: false }),
    ...linearParameters(`${name}.output`, hidden, width, { bias: false }),
  };
}
