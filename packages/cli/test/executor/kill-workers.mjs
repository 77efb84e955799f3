// Runs an experiment again and again while its worker threads end at random instants, in every way that a thread can end by itself.
// Usage: NODE_OPTIONS="--require <this folder>/crash.cjs" node kill-workers.mjs [runs, 200]
// Prints how the runs ended, by exit code; runs that did not end; errors that do not name a task; and whether a last run without crashes
// gives what a run that never crashed gave.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCli } from '../../dist/index.js';

const runs = Number(process.argv[2] ?? 200);
const folder = mkdtempSync(join(tmpdir(), 'ml4t-kill-'));
const ml4t = async (...args) => {
  const text = { stdout: '', stderr: '' };
  const sink = (name) => ({ write: (part) => (text[name] += part) });
  const code = await Promise.race([
    runCli(args, { stdout: sink('stdout'), stderr: sink('stderr') }),
    sleep(120_000, 'no end', { ref: false }),
  ]);
  return { code, ...text };
};

delete process.env.CRASH;
await ml4t('simulate', '--assets', '20', '--dates', '48', '--characteristics', '4', '--output', folder);
const experiment = join(folder, 'experiment.yaml');
writeFileSync(
  experiment,
  `data: { source: panel.parquet, returns: { column: returns, lag: 0 } }
models:
  - { type: ipca, sweep: { nFactors: [1, 2] } }
  - { type: cae, config: { nFactors: 2, nEpochs: 5, ensembleSize: 2 } }
split: { initialTrain: 36, testSize: 3 }
outputs: { directory: results, format: csv, report: false }
`,
);
const predictions = (name) => readFileSync(join(folder, name, 'predictions.csv'), 'latin1');
await ml4t('run', experiment, '--workers', '2', '--quiet', '--output', join(folder, 'reference'));

const [codes, unnamed] = [{}, []];
for (let run = 0; run < runs; run++) {
  const way = ['exit', 'throw', 'memory'][run % 3];
  process.env.CRASH = `${way} ${Math.floor(Math.random() * 1500)}`;
  const { code, stderr } = await ml4t(
    'run',
    experiment,
    '--workers',
    '2',
    '--quiet',
    '--output',
    join(folder, `${run % 5}`),
  );
  codes[`${way} ${code}`] = (codes[`${way} ${code}`] ?? 0) + 1;
  if (code !== 0 && !/^ml4t: (ipca\(nFactors=\d\)|cae) fold \d( member \d of 2)?: worker thread: /m.test(stderr))
    unnamed.push({ way, code, stderr });
}
delete process.env.CRASH;
const ends = [];
for (let k = 0; k < Math.min(5, runs); k++) {
  const { code } = await ml4t('run', experiment, '--workers', '2', '--quiet', '--output', join(folder, `${k}`));
  ends.push(code === 0 && predictions(`${k}`) === predictions('reference'));
}
console.log(JSON.stringify({ codes, unnamed, resumedEqual: ends }));
rmSync(folder, { recursive: true, force: true });
