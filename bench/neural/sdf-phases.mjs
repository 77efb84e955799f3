// Seconds per gradient step of the three phases, T = 120, N = 1000, P = 46, Q = 20, default networks, and the peak of the engine's memory.
// The three phases are timed from one fit: progress events carry the epochs.
// Usage: node bench/neural/sdf-phases.mjs [threads] [epochs]
import { CrossSectionBatch, Random } from '@ml4t/core';
import { StochasticDiscountFactorModel } from '@ml4t/sdf';

const threads = Number(process.argv[2] ?? 1);
const epochs = Number(process.argv[3] ?? 5);
const [T, N, P, Q] = [120, 1000, 46, 20];
const random = new Random(1);
const normal = (length, scale = 1) => Float64Array.from({ length }, () => scale * random.normal());
const batch = CrossSectionBatch.fromArrays({
  timestamps: Float64Array.from({ length: T }, (_, t) => Date.UTC(2000, t + 1, 0)),
  rowOffsets: Int32Array.from({ length: T + 1 }, (_, t) => t * N),
  assetIndex: Int32Array.from({ length: T * N }, (_, row) => row % N),
  assetIds: Array.from({ length: N }, (_, i) => `asset${i}`),
  characteristicNames: Array.from({ length: P }, (_, j) => `c${j}`),
  characteristics: normal(T * N * P),
  returns: normal(T * N, 0.1),
  contextNames: Array.from({ length: Q }, (_, j) => `x${j}`),
  contextFeatures: normal(T * Q),
});
const model = new StochasticDiscountFactorModel({
  nEpochsUnc: epochs,
  nEpochsMoment: epochs,
  nEpochsCond: epochs,
  subEpochs: 1,
  threads,
});
const marks = [];
const cpu = process.cpuUsage();
const summary = await model.fit(batch, {
  onProgress: ({ phase, step }) =>
    marks.push({ phase, step, at: performance.now(), cpu: process.cpuUsage(cpu).user / 1e3 }),
});
const median = (x) => x.toSorted((a, b) => a - b)[Math.floor(x.length / 2)];
for (const phase of ['unconditional', 'moment', 'conditional']) {
  const own = marks.filter((mark) => mark.phase === phase);
  const gaps = (key) => own.slice(1).map((mark, i) => mark[key] - own[i][key]);
  console.log(
    `${phase.padEnd(13)} step: median ${median(gaps('at')).toFixed(0)} ms, least ${Math.min(...gaps('at')).toFixed(0)} ms, ` +
      `CPU median ${median(gaps('cpu')).toFixed(0)} ms`,
  );
}
const { reservedBytes } = summary.runRecord.dimensions;
console.log(
  `engine ${(reservedBytes / 2 ** 20).toFixed(0)} MiB, process ${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MiB`,
);
