import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { keep } from '../../../src/engine/noise.ts';
import { kernelsOf } from '../../../src/engine/tfjs/kernels.ts';
import type { Tf, TfArray } from '../../../src/engine/tfjs/namespace.ts';

const cpu = tf as unknown as Tf;
const common = kernelsOf(cpu, 'cpu');
const numbers = (x: TfArray) => Array.from((x as unknown as tf.Tensor).dataSync());
const array = (values: number[], shape: number[]) => cpu.tensor(Float32Array.from(values), shape);

// The cpu backend advertises tfjs-node when it is first used.
beforeAll(() => {
  jest.spyOn(console, 'warn').mockImplementation(() => undefined);
});

/** A backend under TensorFlow's name that computes its operations on the cpu, and notes which. */
function tensorFlow(called: string[]) {
  const operations: Record<string, (a: TfArray, b: TfArray) => TfArray> = {
    MulNoNan: (a, b) => common.gated(a, b),
    SigmoidGrad: (y, dy) => common.logisticBack(y, dy),
    BiasAdd: (x, row) => common.addRow(x, row),
  };
  const executeSingleOutput = (name: string, _attributes: object[], [a, b]: TfArray[]) => {
    called.push(name);
    return operations[name](a, b);
  };
  const backend = { binding: { TF_ATTR_TYPE: 1, TF_FLOAT: 1 }, executeSingleOutput };
  return kernelsOf({ ...cpu, findBackend: () => backend }, 'tensorflow');
}

describe('the kernels of a backend', () => {
  const x = () => array([1, NaN, -2, 3, Infinity, 5], [2, 3]);
  const gate = () => array([0.5, 0, 2, 1, 0, -1], [2, 3]);

  it('let nothing through where nothing arrived, whatever is there', () => {
    expect(numbers(common.gated(x(), gate()))).toEqual([0.5, 0, -4, 3, 0, -5]);
  });

  it('are the same by the operations of TensorFlow', () => {
    const called: string[] = [];
    const kernels = tensorFlow(called);
    const row = array([10, 20, 30], [3]);
    expect(numbers(kernels.gated(x(), gate()))).toEqual(numbers(common.gated(x(), gate())));
    expect(numbers(kernels.logisticBack(gate(), gate()))).toEqual(numbers(common.logisticBack(gate(), gate())));
    expect(numbers(kernels.addRow(gate(), row))).toEqual([10.5, 20, 32, 11, 20, 29]);
    expect(numbers(kernels.columnSums(gate()))).toEqual([1.5, 0, 1]);
    expect(called).toEqual(['MulNoNan', 'SigmoidGrad', 'BiasAdd']);
  });

  it('mask by the embedded engine’s stream', () => {
    const ones = array(new Array<number>(50).fill(1), [50]);
    const wanted = Array.from({ length: 50 }, (_, i) => (keep(9, i, 0.5) ? 2 : 0));
    for (const kernels of [common, tensorFlow([])]) expect(numbers(kernels.mask([50], 0.5, 9)(ones))).toEqual(wanted);
  });

  it('are shaders on webgpu, which draw the mask themselves', () => {
    const runs: { name: string; code: string; uniforms: unknown }[] = [];
    const backend = {
      runWebGPUProgram(
        program: { shaderKey: string; getUserCode(): string },
        inputs: TfArray[],
        _: string,
        data: unknown,
      ) {
        runs.push({ name: program.shaderKey, code: program.getUserCode(), uniforms: data });
        return inputs[0];
      },
    };
    const engine = () => ({ makeTensorFromTensorInfo: (info: object) => info as TfArray });
    const kernels = kernelsOf({ ...cpu, findBackend: () => backend, engine }, 'webgpu');
    kernels.mask([2, 3], 0.25, -1)(gate());
    expect(runs).toEqual([
      {
        name: 'ml4t_mask',
        code: expect.stringContaining('let a = f32(A[i]);'),
        uniforms: [
          { type: 'uint32', data: [4294967295] },
          { type: 'uint32', data: [4194304] },
          { type: 'float32', data: [4 / 3] },
        ],
      },
    ]);
    // Arrays of different shapes go the common way.
    expect(numbers(kernels.gated(array([2, 2, 2], [3]), gate()))).toEqual([1, 0, 4, 2, 0, -2]);
    expect(runs).toHaveLength(1);
  });
});
