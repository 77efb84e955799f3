// One LSTM layer, forward and backward, and a step of Adam; the input is data and has no gradient.
// Usage: node bench/neural/lstm.mjs [--sequences=1280] [--steps=63] [--width=64] [--repeats=9]
import { initialValues, lstmLayer, lstmParameters } from '@ml4t/core/nn';
import { parseArgs } from 'node:util';
import { reportSteps, uniformNumbers } from './engine-step.mjs';

const { values } = parseArgs({
  options: {
    sequences: { type: 'string', default: '1280' },
    steps: { type: 'string', default: '63' },
    width: { type: 'string', default: '64' },
    repeats: { type: 'string', default: '9' },
  },
});
const [sequences, steps, width, repeats] = ['sequences', 'steps', 'width', 'repeats'].map((name) =>
  Number(values[name]),
);

await reportSteps(
  (engine) => {
    const x = engine.tensor(uniformNumbers(sequences * steps * width, 1), [sequences, steps, width]);
    const parameters = engine.parameters(initialValues(lstmParameters('lstm', width, width), 1));
    const optimizer = engine.optimizer(parameters);
    return async () => {
      const loss = await optimizer.accumulate((ops) =>
        ops.mean(ops.square(ops.lstm(x, lstmLayer(parameters.tensors, 'lstm')).output)),
      );
      await optimizer.apply();
      return loss;
    };
  },
  { repeats, warmup: 3 },
);
