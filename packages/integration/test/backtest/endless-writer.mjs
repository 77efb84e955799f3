// Writes generations of a folder, one after the other, until it is killed. Usage: node endless-writer.mjs <folder> <number>
import { tableFromArrays } from 'apache-arrow';
import { writeBacktestFrames } from '../../dist/backtest/write-backtest-frames.js';

const table = (x) => tableFromArrays({ x: Float64Array.of(x, x + 1) });
for (let k = 0; ; k++) {
  const frames = { predictions: table(k), weights: table(k + 10) };
  await writeBacktestFrames(process.argv[2], frames, { format: 'arrow', wait: true });
}
