// A whole fit of PCAModel, or with --model=rp-pca of RPPCAModel, on T dates of N assets.
// Usage: node bench/latent-factors/pca-fit.mjs [--model=pca] [--dates=600] [--assets=500] [--factors=6] [--repeats=15]
import { PCAModel, RPPCAModel } from '@ml4t/latent-factors';
import { parseArgs } from 'node:util';
import { report, timed } from '../report.mjs';
import { staticPanel } from './static-panel.mjs';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'pca' },
    dates: { type: 'string', default: '600' },
    assets: { type: 'string', default: '500' },
    factors: { type: 'string', default: '6' },
    repeats: { type: 'string', default: '15' },
    threads: { type: 'string' },
  },
});
const [dates, assets, nFactors, repeats] = [values.dates, values.assets, values.factors, values.repeats].map(Number);
const batch = staticPanel({ dates, assets, factors: nFactors });
const newModel = () => (values.model === 'pca' ? new PCAModel({ nFactors }) : new RPPCAModel({ nFactors }));
let summary;
const seconds = await timed(async () => (summary = await newModel().fit(batch)), { repeats, warmup: 3 });
report({ seconds, threads: 1, quality: { totalR2: summary.trainMetrics.totalR2 } });
