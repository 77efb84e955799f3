import type { Kernels } from './kernel-set.ts';
import type { Tf, TfArray } from './namespace.ts';
import { sizeOf } from '../shapes.ts';

interface Uniform {
  readonly type: 'float32' | 'uint32';
  readonly data: number[];
}

/** A shader as tfjs's webgpu backend takes it: it declares the arrays and the uniforms, compiles, and keeps it by its key. */
interface Program {
  readonly variableNames: readonly string[];
  readonly outputShape: number[];
  readonly workgroupSize: [number, number, number];
  readonly dispatchLayout: { readonly x: number[] };
  readonly dispatch: [number, number, number];
  readonly size: true;
  readonly uniforms: string;
  readonly shaderKey: string;
  getUserCode(): string;
}

interface WebGpu {
  runWebGPUProgram(program: Program, inputs: TfArray[], dtype: 'float32', uniforms: Uniform[]): object;
}

export function isWebGpu(backend: unknown): backend is WebGpu {
  return typeof backend === 'object' && backend !== null && 'runWebGPUProgram' in backend;
}

const width = 64;

/** An elementwise function of arrays of one shape in WGSL: `value` of the index i, the entries a, b .. of the arrays and the named uniforms. */
interface Elementwise {
  readonly name: string;
  readonly arrays: readonly string[];
  readonly uniforms?: Readonly<Record<string, Uniform['type']>>;
  /** Statements that assign to y, which is zero before. */
  readonly body: string;
}

const gatedCode: Elementwise = {
  name: 'gated',
  arrays: ['A', 'B'],
  body: 'if (b != 0.0) { y = a * b; }',
};

const logisticBackCode: Elementwise = {
  name: 'logisticBack',
  arrays: ['A', 'B'],
  body: 'y = b * (a * (1.0 - a));',
};

/** The generator of src/nn/random.ts: mix(mix(i ^ key) + key 0x9e3779b9), of which dropout compares 24 bits. */
const maskCode: Elementwise = {
  name: 'mask',
  arrays: ['A'],
  uniforms: { key: 'uint32', cut: 'uint32', raise: 'float32' },
  body: `
    var h = u32(i) ^ uniforms.key;
    h = (h ^ (h >> 16u)) * 0x7feb352du;
    h = (h ^ (h >> 15u)) * 0x846ca68bu;
    h = (h ^ (h >> 16u)) + uniforms.key * 0x9e3779b9u;
    h = (h ^ (h >> 16u)) * 0x7feb352du;
    h = (h ^ (h >> 15u)) * 0x846ca68bu;
    h = h ^ (h >> 16u);
    if ((h >> 8u) >= uniforms.cut) { y = a * uniforms.raise; }`,
};

/** m <- b1 m + (1 - b1) (scale g + coupled w). */
const firstCode: Elementwise = {
  name: 'adamFirst',
  arrays: ['A', 'B', 'C'],
  uniforms: { beta: 'float32', rest: 'float32', scale: 'float32', coupled: 'float32' },
  body: 'y = uniforms.beta * a + uniforms.rest * (uniforms.scale * b + uniforms.coupled * c);',
};

/** v <- b2 v + (1 - b2) (scale g + coupled w)^2. */
const secondCode: Elementwise = {
  ...firstCode,
  name: 'adamSecond',
  body: 'let g = uniforms.scale * b + uniforms.coupled * c; y = uniforms.beta * a + uniforms.rest * (g * g);',
};

/** w <- kept w - rate m / (root sqrt(v) + epsilon). */
const weightCode: Elementwise = {
  name: 'adamWeight',
  arrays: ['A', 'B', 'C'],
  uniforms: { kept: 'float32', rate: 'float32', root: 'float32', epsilon: 'float32' },
  body: 'y = uniforms.kept * a - uniforms.rate * b / (uniforms.root * sqrt(c) + uniforms.epsilon);',
};

/**
 * A launch costs tens of microseconds of the host's time, an upload more: what tfjs would make of four to thirteen launches is one to
 * three here, and dropout draws its bits on the device, the same as everywhere.
 */
export function webGpuKernels(tf: Tf, backend: WebGpu, commonGated: Kernels['gated']): Partial<Kernels> {
  const run = ({ name, arrays, uniforms = {}, body }: Elementwise, inputs: TfArray[], values: number[] = []) => {
    const { shape } = inputs[0];
    const types = Object.entries(uniforms);
    // What tfjs casts from truth values keeps their integers.
    const entries = arrays.map((array) => `let ${array.toLowerCase()} = f32(${array}[i]);`).join(' ');
    const program: Program = {
      variableNames: arrays,
      outputShape: [...shape],
      workgroupSize: [width, 1, 1],
      dispatchLayout: { x: shape.map((_, axis) => axis) },
      dispatch: [Math.ceil(sizeOf(shape) / width), 1, 1],
      size: true,
      uniforms: types.map(([uniform, type]) => `${uniform} : ${type === 'uint32' ? 'u32' : 'f32'}, `).join(''),
      shaderKey: `ml4t_${name}`,
      getUserCode: () => `
        fn main(i : i32) {
          if (i < uniforms.size) {
            ${entries}
            var y = 0.0;
            ${body}
            result[i] = y;
          }
        }`,
    };
    const data = types.map(([, type], at): Uniform => ({ type, data: [values[at]] }));
    return tf.engine().makeTensorFromTensorInfo(backend.runWebGPUProgram(program, inputs, 'float32', data));
  };
  const sameShape = (a: TfArray, b: TfArray) =>
    a.shape.length === b.shape.length && a.shape.every((n, axis) => n === b.shape[axis]);
  return {
    gated: (a, b) => (sameShape(a, b) ? run(gatedCode, [a, b]) : commonGated(a, b)),
    logisticBack: (y, dy) => run(logisticBackCode, [y, dy]),
    mask(_shape, rate, key) {
      const numbers = [key >>> 0, Math.floor(rate * 16777216), 1 / (1 - rate)];
      return (x) => run(maskCode, [x], numbers);
    },
    adam({ weight, first, second }, gradient, { beta1, beta2, epsilon, scale, coupled, decoupled, rate, root }) {
      const m = run(firstCode, [first, gradient, weight], [beta1, 1 - beta1, scale, coupled]);
      const v = run(secondCode, [second, gradient, weight], [beta2, 1 - beta2, scale, coupled]);
      return { weight: run(weightCode, [weight, m, v], [1 - decoupled, rate, root, epsilon]), first: m, second: v };
    },
  };
}
