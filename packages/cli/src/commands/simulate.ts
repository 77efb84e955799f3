import { access, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { FactorForecastResult } from '@ml4t/core';
import { simulateConditionalFactorPanel, type ConditionalFactorPanel } from '@ml4t/core/simulate';
import { factorTable, panelTable } from '@ml4t/integration';
import { factorsOnly, frameFile } from '../outputs/frames.ts';
import { requireWritable, writeTogether } from '../outputs/generation.ts';
import { requireOwned } from '../outputs/ownership.ts';
import { lockFolder } from '../outputs/results-folder.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { shownPath } from '../terminal/words.ts';
import { packageVersion } from '../version.ts';

export interface SimulateCommandOptions {
  readonly design: 'linear' | 'nonlinear';
  readonly seed: number;
  readonly assets: number;
  readonly dates: number;
  readonly characteristics: number;
  readonly missing: number;
  readonly output: string;
  readonly json?: boolean | undefined;
  readonly terminal: Terminal;
}

/** What is written beside the panel, unless it is there. */
const experimentName = 'experiment.yaml';
/** What was drawn, and which files hold it. */
const recordName = 'simulation.json';

/**
 * `ml4t simulate`: a panel, the truth behind each of its rows, and the factor returns, as three Parquet files, what was drawn as
 * `simulation.json`, and an experiment on them to start from.
 */
export async function simulateCommand(options: SimulateCommandOptions): Promise<void> {
  const directory = resolve(options.output);
  await requireWritable(directory);
  const lock = await lockFolder(directory, {
    purpose: 'ml4t simulate',
    signal: options.terminal.signal,
    tell: (message) => options.terminal.stderr.write(`ml4t: ${message}\n`),
  });
  try {
    await writeSimulation(directory, options);
  } finally {
    await lock.release();
  }
}

async function writeSimulation(directory: string, options: SimulateCommandOptions): Promise<void> {
  const experiment = join(directory, experimentName);
  const hasExperiment = await exists(experiment);
  const names = ['panel.parquet', 'truth.parquet', 'factors.parquet', recordName];
  await requireOwned(directory, names, [recordName]);
  const draw = {
    design: options.design,
    seed: options.seed,
    nAssets: options.assets,
    nDates: options.dates,
    nCharacteristics: options.characteristics,
    missingShare: options.missing,
  };
  const panel = simulateConditionalFactorPanel(draw);
  const paths = await writeTogether(directory, {
    files: [
      frameFile('panel', 'parquet', panelTable(panel.batch)),
      frameFile('truth', 'parquet', truthTable(panel)),
      frameFile('factors', 'parquet', trueFactorTable(panel)),
      ...(hasExperiment
        ? []
        : [{ name: experimentName, write: (path: string) => writeFile(path, experimentFor(options)) }]),
    ],
    record: { name: recordName, content: (files) => ({ ml4t: packageVersion(), simulation: draw, files }) },
    records: [recordName],
  });
  const { nRows, nDates, nAssets, nCharacteristics } = panel.batch;
  if (options.json) {
    const sizes = { rows: nRows, dates: nDates, assets: nAssets, characteristics: nCharacteristics };
    options.terminal.stdout.write(`${JSON.stringify({ files: paths, seed: options.seed, ...sizes })}\n`);
    return;
  }
  options.terminal.stdout.write(
    `simulated ${nRows} rows: ${nAssets} assets, ${nDates} dates, ${nCharacteristics} characteristics, ` +
      `${options.design} exposures to 3 factors, seed ${options.seed}\n` +
      paths.map((path) => `wrote ${shownPath(path)}\n`).join('') +
      `next: ml4t run ${shownPath(experiment)}\n`,
  );
}

/** Latent factors, fixed and moving, beside the truth: two thirds of the dates for the first fit. */
function experimentFor({ dates, characteristics }: SimulateCommandOptions): string {
  const initialTrain = Math.floor((2 * dates) / 3);
  const factors = [1, 2, 3, 4].filter((k) => k <= characteristics);
  return `# For: ml4t run. docs/cli.md and \`ml4t schema\` say what every key means.
data:
  source: panel.parquet
  returns: { column: returns, lag: 0 } # earned after the date of its row
  truth: { source: truth.parquet } # adds the oracle
  ignore: [impossible-returns, survivorship] # simulated returns are normal, and all assets stay
models:
  - type: pca
    config: { nFactors: 3 }
  - type: ipca
    config: { constant: false }
    sweep: { nFactors: [${factors.join(', ')}] }
split: { initialTrain: ${initialTrain}, testSize: ${Math.min(12, dates - initialTrain)} } # numbers of dates
outputs: { directory: results }
`;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Per row of the panel: exposures, the best forecast there is, and what a perfect model would fit. */
function truthTable({ batch, truth }: ConditionalFactorPanel): ReturnType<typeof panelTable> {
  const names = Array.from({ length: truth.nFactors }, (_, k) => `beta${k + 1}`);
  return panelTable(batch.withoutReturns().withCharacteristics(truth.betas, names), {
    expected_return: truth.expectedReturns,
    systematic_return: truth.fittedReturns,
  });
}

/** Per date and factor: the return earned after the date, and its expectation. */
function trueFactorTable({ batch, truth }: ConditionalFactorPanel): ReturnType<typeof factorTable> {
  const { timestamps } = batch;
  const factorNames = Array.from({ length: truth.nFactors }, (_, k) => `factor${k + 1}`);
  const premia = Float64Array.from(
    { length: timestamps.length * truth.nFactors },
    (_, i) => truth.premia[i % truth.nFactors],
  );
  return factorTable(
    factorsOnly(timestamps, factorNames, truth.factorReturns),
    new FactorForecastResult({ timestamps, factorNames, premia }),
  );
}
