// One LSTM layer, 1280 sequences x 63 steps x 64 -> 64: forward and backward, and the step of Adam.
import { initialValues, lstmLayer, lstmParameters } from '@ml4t/core/nn';
import { measure, uniform } from './measure.mjs';

const [sequences, time, width] = [1280, 63, 64];
const x = uniform(sequences * time * width);

await measure(
  'LSTM 1280 x 63, 64 -> 64',
  async (engine) => {
    const X = engine.tensor(x, [sequences, time, width]);
    const parameters = engine.parameters(initialValues(lstmParameters('lstm', width, width), 1));
    const optimizer = engine.optimizer(parameters);
    return async () => {
      await optimizer.accumulate((ops) => {
        const { output } = ops.lstm(X, lstmLayer(parameters.tensors, 'lstm'));
        return ops.mean(ops.square(output));
      });
      await optimizer.apply();
    };
  },
  { repeats: 9, warmup: 3 },
);
