import type { RawLstm, RawLstmState } from '../raw-ops.ts';
import type { TfArray } from './namespace.ts';
import type { Step, TfTensor } from './step.ts';

/**
 * One LSTM layer, with back-propagation through time written out: about 40 tfjs operations a step, there and back, and the
 * weights' gradients as one product over all steps, where tfjs's own tape would take two products and two sums a step.
 * c_t = f c_(t-1) + i g, h_t = o tanh c_t.
 */
export function lstm(
  step: Step,
  x: TfTensor,
  layer: RawLstm<TfTensor>,
  initial?: RawLstmState<TfTensor>,
): RawLstmState<TfTensor> & { readonly output: TfTensor } {
  const [S, T, F] = x.shape;
  const H = layer.recurrentWeight.shape[1];
  const G = 4 * H;
  const { tf } = step;
  const { inputWeight, recurrentWeight, inputBias, recurrentBias } = layer;
  const inputs = [x, inputWeight, recurrentWeight, inputBias, recurrentBias, initial?.hidden, initial?.cell];

  /** One array, as tfjs wants: the outputs of all steps and, as one step more, the last cell state. */
  const packed = step.custom(
    inputs,
    () => {
      const steps = tf.reshape(tf.transpose(x.array, [1, 0, 2]), [T * S, F]);
      const bias = tf.add(inputBias.array, recurrentBias.array);
      const fromInput = tf.add(tf.matMul(steps, inputWeight.array, false, true), bias);
      const hiddens = [initial?.hidden.array ?? tf.zeros([S, H])];
      const cells = [initial?.cell.array ?? tf.zeros([S, H])];
      const gates: TfArray[] = [];
      for (let t = 0; t < T; t++) {
        const [hidden, cell, gate] = tf.tidy(() => {
          const z = tf.add(
            tf.slice(fromInput, [t * S, 0], [S, G]),
            tf.matMul(hiddens[t], recurrentWeight.array, false, true),
          );
          const [zi, zf, zg, zo] = tf.split(z, 4, 1);
          const [i, f, g, o] = [tf.sigmoid(zi), tf.sigmoid(zf), tf.tanh(zg), tf.sigmoid(zo)];
          const c = tf.add(tf.mul(f, cells[t]), tf.mul(i, g));
          return [tf.mul(o, tf.tanh(c)), c, tf.concat([i, f, g, o], 1)];
        });
        hiddens.push(hidden);
        cells.push(cell);
        gates.push(gate);
      }
      return {
        value: tf.stack([...hiddens.slice(1), cells[T]], 1),
        saved: [steps, inputWeight.array, recurrentWeight.array, ...hiddens.slice(0, T), ...cells, ...gates],
      };
    },
    (dy, saved, wanted) => {
      const [steps, weight, recurrent] = saved;
      const hiddens = saved.slice(3, 3 + T);
      const cells = saved.slice(3 + T, 4 + 2 * T);
      const gates = saved.slice(4 + 2 * T);
      const arrived = tf.unstack(dy, 1);
      let dh = tf.zeros([S, H]);
      let dc = arrived[T];
      const slopes: TfArray[] = [];
      for (let t = T - 1; t >= 0; t--) {
        const [dz, dhBefore, dcBefore] = tf.tidy(() => {
          const [i, f, g, o] = tf.split(gates[t], 4, 1);
          const inner = tf.tanh(cells[t + 1]);
          const dHidden = tf.add(arrived[t], dh);
          const dCell = tf.add(dc, tf.mul(tf.mul(dHidden, o), tf.sub(1, tf.square(inner))));
          const logistic = (d: TfArray, a: TfArray) => tf.mul(d, tf.mul(a, tf.sub(1, a)));
          const d = tf.concat(
            [
              logistic(tf.mul(dCell, g), i),
              logistic(tf.mul(dCell, cells[t]), f),
              tf.mul(tf.mul(dCell, i), tf.sub(1, tf.square(g))),
              logistic(tf.mul(dHidden, inner), o),
            ],
            1,
          );
          return [d, tf.matMul(d, recurrent), tf.mul(dCell, f)];
        });
        slopes.unshift(dz);
        dh = dhBefore;
        dc = dcBefore;
      }
      const d = tf.concat(slopes, 0);
      const dx = () => tf.transpose(tf.reshape(tf.matMul(d, weight), [T, S, F]), [1, 0, 2]);
      const bias = tf.sum(d, 0);
      return [
        wanted[0] ? dx() : undefined,
        tf.matMul(d, steps, true),
        tf.matMul(d, tf.concat(hiddens, 0), true),
        bias,
        tf.clone(bias),
        dh,
        dc,
      ];
    },
  );

  const part = (from: number, size: number) => tf.slice(packed.array, [0, from, 0], [S, size, H]);
  return {
    output: step.native([packed], () => part(0, T)),
    hidden: step.native([packed], () => tf.reshape(part(T - 1, 1), [S, H])),
    cell: step.native([packed], () => tf.reshape(part(T, 1), [S, H])),
  };
}
