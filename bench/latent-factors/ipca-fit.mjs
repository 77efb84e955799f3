// A whole fit of IPCAModel on T dates of up to N assets, a tenth of the rows missing; with --unit=iteration the seconds of one
// plain iteration of alternating least squares, the panel's moments at hand.
// Usage: node bench/latent-factors/ipca-fit.mjs [--dates=240] [--assets=1000] [--characteristics=36] [--factors=5] …
import { IPCAModel, sufficientStatistics } from '@ml4t/latent-factors';
import { parseArgs } from 'node:util';
import { report, timed } from '../report.mjs';
import { instrumentedPanel } from './instrumented-panel.mjs';

const { values } = parseArgs({
  options: {
    dates: { type: 'string', default: '240' },
    assets: { type: 'string', default: '1000' },
    characteristics: { type: 'string', default: '36' },
    factors: { type: 'string', default: '5' },
    repeats: { type: 'string', default: '3' },
    warmup: { type: 'string', default: '1' },
    unit: { type: 'string', default: 'fit' },
    threads: { type: 'string' },
  },
});
const [dates, assets, characteristics, nFactors] = ['dates', 'assets', 'characteristics', 'factors'].map((name) =>
  Number(values[name]),
);
const [repeats, warmup] = [Number(values.repeats), Number(values.warmup)];
const batch = instrumentedPanel({ dates, assets, characteristics, factors: nFactors });
const panelBytes = 8 * (batch.characteristics.length + batch.nRows) + 4 * batch.nRows;
let summary;

if (values.unit === 'iteration') {
  const iterations = 20;
  const statistics = await sufficientStatistics(batch, false);
  const model = new IPCAModel({ nFactors, constant: false, acceleration: 'none', tol: 1e-300, maxIter: iterations });
  const seconds = await timed(async () => (summary = await model.fitStatistics(statistics)), { repeats, warmup });
  const { totalR2 } = summary.trainMetrics;
  report({ seconds: seconds.map((s) => s / iterations), threads: 1, quality: { totalR2 } });
} else {
  const model = new IPCAModel({ nFactors, constant: false });
  const seconds = await timed(async () => (summary = await model.fit(batch)), { repeats, warmup });
  const { iterations, trainMetrics } = summary;
  const peakOverPanel = (process.resourceUsage().maxRSS * 1024) / panelBytes;
  report({ seconds, threads: 1, quality: { totalR2: trainMetrics.totalR2, iterations, peakOverPanel } });
}
