// Reads a Parquet file of dates x 2,500 assets and fits IPCA (K = 3) to it, streamed part by part; with --compare also read whole
// and fitted in memory, in turn, in the same process: quality `streamOverMemory` is the median ratio of the two times.
// Usage: node ipca-stream.mjs [--dates=400] [--columns=6] [--repeats=1] [--compare]
import { readCrossSectionBatch, streamCrossSectionBatches } from '@ml4t/integration';
import { IPCAModel } from '@ml4t/latent-factors';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { withPanelFile } from '../integration/panel-files.mjs';
import { report } from '../report.mjs';

const text = /** @type {const} */ ({ type: 'string' });
const { values } = parseArgs({
  options: { dates: text, columns: text, repeats: text, threads: text, compare: { type: 'boolean' } },
});
const rows = 2500 * Number(values.dates ?? 400);
const roles = { returns: { column: 'ret', lag: 1 }, characteristics: { exclude: [] } };
const newModel = () => new IPCAModel({ nFactors: 3, maxIter: 20 });
// One way's garbage (the whole panel) is not to be collected in the other's time.
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');
const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

const fits = {
  stream: async (path) => {
    const model = newModel();
    return [await model.fitStream(streamCrossSectionBatches(path, roles, { reuseMemory: true })), model];
  },
  memory: async (path) => {
    const model = newModel();
    return [await model.fit((await readCrossSectionBatch(path, roles)).batch), model];
  },
};

await withPanelFile({ rows, columns: Number(values.columns ?? 6) }, async (path) => {
  const seconds = { stream: [], memory: [] };
  const quality = {};
  if (values.compare) for (const way of ['stream', 'memory']) await fits[way](path); // compiled and cached, for both
  for (let run = 0; run < Number(values.repeats ?? 1); run++)
    for (const way of values.compare ? ['stream', 'memory'] : ['stream']) {
      collectGarbage();
      const started = performance.now();
      const [summary] = await fits[way](path);
      seconds[way].push((performance.now() - started) / 1000);
      quality[`${way}TotalR2`] = summary.trainMetrics.totalR2;
    }
  if (values.compare) {
    const ratios = seconds.stream.map((s, i) => s / seconds.memory[i]);
    quality.streamOverMemory = median(ratios);
    quality.streamOverMemoryMost = Math.max(...ratios);
  }
  report({ seconds: seconds.stream, quality });
});
