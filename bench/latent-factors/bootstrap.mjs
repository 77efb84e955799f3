// Wild-bootstrap draws of the test of Gamma_alpha = 0 on T = 600 dates, L = 36 instruments, K = 5 factors, on BENCH_THREADS threads:
// seconds of a whole test, the unrestricted fit included, per draw.
// Usage: node bench/latent-factors/bootstrap.mjs [--draws=100] [--repeats=1] [--threads=2]
import { sufficientStatistics, testIntercept } from '@ml4t/latent-factors';
import { parseArgs } from 'node:util';
import { report, threads as given, timed } from '../report.mjs';
import { instrumentedPanel } from './instrumented-panel.mjs';

const { values } = parseArgs({
  options: {
    draws: { type: 'string', default: '100' },
    repeats: { type: 'string', default: '1' },
    threads: { type: 'string', default: String(given) },
  },
});
const [draws, repeats, threads] = [values.draws, values.repeats, values.threads].map(Number);
const batch = instrumentedPanel({ dates: 600, assets: 300, characteristics: 36, factors: 5 });
const statistics = await sufficientStatistics(batch, false);
let test;
const seconds = await timed(
  async () => (test = await testIntercept(statistics, { config: { nFactors: 5, constant: false }, draws, threads })),
  { repeats, warmup: 0 },
);
report({
  seconds: seconds.map((s) => s / draws),
  threads,
  quality: { statistic: test.statistic, pValue: test.pValue },
});
