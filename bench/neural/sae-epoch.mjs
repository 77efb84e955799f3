// An epoch of the supervised autoencoder at its default widths, or with --measure=predict the prediction of every row: T dates,
// N = 1000, P = 94, batches of at most 4096, no validation. The first epoch counts, with everything that `fit` does before it. The peer is bench/peers/sae.py, on the same panel.
// With the epoch goes the share of the dense kernel's own rate, measured alone in the same process at the network's favourite shape.
// Usage: node bench/neural/sae-epoch.mjs [--measure=epoch] [--dates=120] [--epochs=1] [--repeats=3] [--engine=embedded]
import { CrossSectionBatch, PanelIndex } from '@ml4t/core';
import { resolveEngine } from '@ml4t/core/engine';
import { initialValues, linearParameters } from '@ml4t/core/nn';
import { SAEModel } from '@ml4t/sae';
import { parseArgs } from 'node:util';
import { engineChoice, report, timed } from '../report.mjs';
import { median } from '../runner/statistics.mjs';
import { uniform } from '../uniform.mjs';

const { values } = parseArgs({
  options: {
    measure: { type: 'string', default: 'epoch' },
    dates: { type: 'string', default: '120' },
    assets: { type: 'string', default: '1000' },
    characteristics: { type: 'string', default: '94' },
    batch: { type: 'string', default: '4096' },
    epochs: { type: 'string', default: '1' },
    repeats: { type: 'string', default: '3' },
    engine: { type: 'string', default: 'embedded' },
    threads: { type: 'string' },
  },
});
const [dates, assets, inputs, batchSize, epochs, repeats] = [
  values.dates,
  values.assets,
  values.characteristics,
  values.batch,
  values.epochs,
  values.repeats,
].map(Number);
const engine = engineChoice(values.engine);
const rows = dates * assets;
/** Processor seconds beside the wall clock: they can be compared on a machine that others use too. */
const processor = () => process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6;

function panel() {
  const characteristics = uniform(rows * inputs, 1);
  const returns = uniform(rows, 2);
  for (let row = 0; row < rows; row++) {
    const at = row * inputs;
    returns[row] =
      0.02 * (characteristics[at] + 2 * characteristics[at + 1] * characteristics[at + 2]) + 0.1 * returns[row];
  }
  return new CrossSectionBatch({
    index: PanelIndex.full(
      Float64Array.from({ length: dates }, (_, t) => t * 864e5),
      Array.from({ length: assets }, (_, i) => `a${i}`),
    ),
    characteristicNames: Array.from({ length: inputs }, (_, j) => `c${j}`),
    characteristics,
    returns,
  });
}

/** Multiplications of a row, there and back: three times those of the way there, but the encoder's input has no gradient. */
function multiplications({ bottleneckDim: code, auxHiddenDim: aux, mainHiddenUnits }) {
  const widths = [inputs + code, ...mainHiddenUnits, 1];
  const main = widths.slice(1).reduce((sum, to, i) => sum + widths[i] * to, 0);
  return 3 * (2 * inputs * code + inputs * aux + aux + main) - inputs * code;
}

/**
 * Seconds of the wall clock and of the processor that the dense kernel alone takes for a million multiplications, there and back,
 * for some seconds: the speed of a machine changes under load, and a best moment is no measure for an epoch.
 */
async function kernelTimes() {
  const { engine: running } = await resolveEngine(engine);
  const [width, height] = [448, 4096];
  const specs = { ...linearParameters('first', width, width), ...linearParameters('second', width, width) };
  const optimizer = running.optimizer(running.parameters(initialValues(specs, 1)));
  const x = running.tensor(new Float32Array(height * width).fill(0.5), [height, width]);
  const { tensors: p } = optimizer.parameters;
  const used = [];
  const seconds = await timed(
    async () => {
      const begun = processor();
      await optimizer.accumulate((ops) => ops.sum(ops.linear(ops.linear(x, p['first.weight']), p['second.weight'])));
      used.push(processor() - begun);
    },
    { repeats: 40, warmup: 2 },
  );
  await running.dispose();
  // The second product goes all three ways, the first one two: its input has no gradient.
  const millions = (5 * height * width * width) / 1e6;
  const perMillion = (times) => times.map((time) => time / millions);
  return { wall: perMillion(seconds), processor: perMillion(used.slice(2)) };
}

/** What the kernel alone takes for the products of an epoch over what the epoch took. */
function shareOf(times, products, seconds) {
  return (median(times) * (products / 1e6)) / median(seconds);
}

const batch = panel();
const nEpochs = values.measure === 'epoch' ? epochs : 1;
const model = new SAEModel({ nEpochs, batchSize, validationShare: 0, ...engine });
const marks = [];
const mark = () => marks.push([performance.now() / 1000, processor()]);

if (values.measure === 'epoch') {
  mark();
  const summary = await model.fit(batch, { onProgress: mark });
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  const [seconds, used] = [0, 1].map((k) => marks.slice(1).map((each, i) => each[k] - marks[i][k]));
  const kernel = await kernelTimes();
  const products = multiplications(model.config) * rows;
  report({
    seconds,
    backend: summary.runRecord.engine,
    peakBytes,
    quality: {
      loss: summary.history.at(-1)?.metrics.loss,
      processorSeconds: median(used),
      shareOfKernel: shareOf(kernel.wall, products, seconds),
      shareOfKernelByProcessorTime: shareOf(kernel.processor, products, used),
      engineBytes: summary.runRecord.dimensions.engineBytes,
    },
  });
} else {
  await model.fit(batch.slice(0, Math.min(8, dates)));
  const seconds = await timed(() => model.predict(batch), { repeats });
  report({ seconds, backend: model.fitSummary.runRecord.engine, quality: { rows } });
}
