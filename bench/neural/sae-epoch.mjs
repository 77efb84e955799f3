// Seconds of a training epoch and of a prediction of the supervised autoencoder at its default widths: T dates, N = 1000, P = 94,
// batches of at most 4096, beside the rate of the dense kernel alone in the same process. Compare with bench/torch/sae.py bench.
// Usage: node bench/neural/sae-epoch.mjs [dates = 120] [epochs = 3] [threads = 2] [engine = embedded]
import { CrossSectionBatch, PanelIndex, Random } from '@ml4t/core';
import { resolveEngine } from '@ml4t/core/engine';
import { initialValues, linearParameters } from '@ml4t/core/nn';
import { SAEModel } from '@ml4t/sae';

const [dates, epochs, threads] = [120, 3, 2].map((value, i) => Number(process.argv[2 + i] ?? value));
const engineName = process.argv[5] ?? 'embedded';
const [assets, inputs, batchSize] = [1000, 94, 4096];
const rows = dates * assets;
const megabytes = (bytes) => Math.round(bytes / 2 ** 20);

const random = new Random(1);
const batch = new CrossSectionBatch({
  index: PanelIndex.full(
    Float64Array.from({ length: dates }, (_, t) => t * 864e5),
    Array.from({ length: assets }, (_, i) => `a${i}`),
  ),
  characteristicNames: Array.from({ length: inputs }, (_, j) => `c${j}`),
  characteristics: Float64Array.from({ length: rows * inputs }, () => random.normal()),
  returns: Float64Array.from({ length: rows }, () => 0.1 * random.normal()),
});
const panelBytes = process.memoryUsage().rss;

const model = new SAEModel({
  nEpochs: epochs,
  batchSize,
  validationShare: 0,
  engine: engineName,
  ...(engineName === 'embedded' ? { threads } : {}),
});
// Wall clock and processor seconds: the latter can be compared on a machine that others use too.
const processor = () => process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6;
const marks = [];
const summary = await model.fit(batch, { onProgress: () => marks.push([performance.now() / 1000, processor()]) });
const peak = process.resourceUsage().maxRSS * 1024;
const [perEpoch, processorPerEpoch] = [0, 1].map((k) => marks.slice(1).map((mark, i) => mark[k] - marks[i][k]));
const [started, begun] = [performance.now(), processor()];
await model.predict(batch);
const [predict, predictProcessor] = [(performance.now() - started) / 1000, processor() - begun];

// Products of a row: P E, E P, P A, A, (P + E) M1, M1 M2, …; three times as many with the way back, which the encoder's input has not.
const { bottleneckDim: e, auxHiddenDim: a, mainHiddenUnits } = model.config;
const widths = [inputs + e, ...mainHiddenUnits, 1];
const forward =
  2 * inputs * e + inputs * a + a + mainHiddenUnits.concat(1).reduce((sum, to, i) => sum + widths[i] * to, 0);
const flops = 2 * (3 * forward - inputs * e) * rows;

/** The dense kernel alone, both ways, at the network's favourite shape. */
async function kernelRate() {
  const { engine } = await resolveEngine({ engine: engineName, ...(engineName === 'embedded' ? { threads } : {}) });
  const width = 448;
  const specs = { ...linearParameters('first', width, width), ...linearParameters('second', width, width) };
  const optimizer = engine.optimizer(engine.parameters(initialValues(specs, 1)));
  const x = engine.tensor(new Float32Array(4096 * width).fill(0.5), [4096, width]);
  const { tensors: p } = optimizer.parameters;
  const seconds = [];
  for (let run = 0; run < 8; run++) {
    const from = [performance.now() / 1000, processor()];
    // The second product goes all three ways, the first one two: its input has no gradient.
    await optimizer.accumulate((ops) => ops.sum(ops.linear(ops.linear(x, p['first.weight']), p['second.weight'])));
    seconds.push([performance.now() / 1000 - from[0], processor() - from[1]]);
  }
  await engine.dispose();
  return [0, 1].map((k) => (2 * 5 * 4096 * width * width) / Math.min(...seconds.map((s) => s[k])) / 1e9);
}
const rates = [perEpoch, processorPerEpoch].map((seconds) => flops / Math.min(...seconds) / 1e9);
const kernels = await kernelRate();
console.log(
  JSON.stringify({
    engine: summary.runRecord.engine,
    threads,
    rows,
    epochSeconds: Math.min(...perEpoch),
    epochSecondsPer120Dates: (Math.min(...perEpoch) * 120) / dates,
    allEpochs: perEpoch,
    predictSeconds: predict,
    epochProcessorSeconds: Math.min(...processorPerEpoch),
    predictProcessorSeconds: predictProcessor,
    gigaflops: rates[0],
    kernelGigaflops: kernels[0],
    shareOfKernel: rates[0] / kernels[0],
    shareOfKernelByProcessorTime: rates[1] / kernels[1],
    panelMegabytes: megabytes(panelBytes),
    peakMegabytes: megabytes(peak),
    engineMegabytes: megabytes(summary.runRecord.dimensions.engineBytes),
  }),
);
