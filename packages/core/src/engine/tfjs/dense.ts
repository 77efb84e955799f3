import type { Activation } from '../../nn/index.ts';
import { binary, unaries, unary } from './elementwise.ts';
import { affineOf, batchNorm } from './norm.ts';
import type { RawDense, RawNorm } from '../raw-ops.ts';
import { dropout } from './noise.ts';
import { segmentRepeat } from './segments.ts';
import { broadcastOf, sizeOf } from '../shapes.ts';
import type { Step, TfTensor } from './step.ts';

/**
 * x W' + b as one product of matrices: tfjs's gradient of the batched one is wrong where it broadcasts. dx = dy W, dW = dy' x,
 * db = the sum of the rows of dy.
 */
export function linear(step: Step, x: TfTensor, weight: TfTensor, bias: TfTensor | undefined): TfTensor {
  const { tf, kernels } = step;
  const K = x.shape[x.shape.length - 1];
  const [N] = weight.shape;
  const n = sizeOf(x.shape) / K;
  return step.custom(
    [x, weight, bias],
    () => {
      const input = tf.reshape(x.array, [n, K]);
      const product = tf.matMul(input, weight.array, false, true);
      const value = bias ? kernels.addRow(product, bias.array) : product;
      return { value: tf.reshape(value, [...x.shape.slice(0, -1), N]), saved: [input, weight.array] };
    },
    (dy, [input, W], wanted) => {
      const d = tf.reshape(dy, [n, N]);
      return [
        wanted[0] ? tf.reshape(tf.matMul(d, W), [...x.shape]) : undefined,
        wanted[1] ? tf.matMul(d, input, true) : undefined,
        wanted[2] ? kernels.columnSums(d) : undefined,
      ];
    },
  );
}

/** dropout(activation(norm(x W' + b + d))). What it makes in between is nobody else's, and is freed on the way. */
export function dense(step: Step, x: TfTensor, layer: RawDense<TfTensor>): TfTensor {
  const { norm, activation, byDate } = layer;
  if (norm && !byDate && !step.training) return activate(step, activation, normedLinear(step, x, layer, norm), 0);
  let h = linear(step, x, layer.weight, layer.bias);
  const then = (next: (from: TfTensor) => TfTensor) => {
    const before = h;
    h = next(before);
    if (h !== before) before.array.dispose();
  };
  if (byDate)
    then((product) => {
      const dates = segmentRepeat(step, byDate.values, byDate.offsets);
      return binary(step, 'add', product, dates, broadcastOf('dense.byDate', product.shape, dates.shape));
    });
  if (norm) then((product) => batchNorm(step, product, norm));
  then((normal) => activate(step, activation, normal, layer.dropout));
  return h;
}

/** norm(x W' + b) with running statistics, which scale the weights and move the bias: two passes over the rows less. */
function normedLinear(
  step: Step,
  x: TfTensor,
  { weight, bias }: RawDense<TfTensor>,
  norm: RawNorm<TfTensor>,
): TfTensor {
  const { tf } = step;
  const N = weight.shape[0];
  const scaled = (make: () => ReturnType<Step['quiet']>) => step.hold(step.quiet(make));
  const { scale, offset } = affineOf(step, norm);
  const W = scaled(() => tf.mul(weight.array, tf.reshape(scale, [N, 1])));
  const b = scaled(() => (bias ? tf.add(offset, tf.mul(bias.array, scale)) : tf.clone(offset)));
  return linear(step, x, W, b);
}

/** dropout(activation(x)) in one: the way back needs one array, the slope times the factors of the mask. */
function activate(step: Step, kind: Activation, x: TfTensor, rate: number): TfTensor {
  const drops = step.training && rate !== 0;
  if (kind === 'identity') return drops ? dropout(step, x, rate) : x;
  if (!drops) return unary(step, kind, x);
  const { tf, kernels } = step;
  const key = step.nextKey();
  return step.custom(
    [x],
    () => {
      const mask = kernels.mask(x.shape, rate, key);
      const { y, slope } = unaries[kind](kernels, tf, x.array);
      return { value: mask(y), saved: [mask(slope())] };
    },
    (dy, [slopes]) => [kernels.gated(slopes, dy)],
  );
}
