import { dirname, resolve } from 'node:path';
import { formatTimestamp, type PanelFinding } from '@ml4t/core';
import { characteristicFacts, columnFacts, type ColumnFacts } from '../experiment/column-facts.ts';
import { readData } from '../experiment/data.ts';
import { loadExperiment } from '../experiment/load.ts';
import { returnsName } from '../experiment/data-schema.ts';
import { findingLines, lookAtData, requireNoWarning } from '../experiment/look.ts';
import { prepareExperiment } from '../experiment/run.ts';
import { splitDates } from '../experiment/splits.ts';
import type { FamilyPackage } from '../families/packages.ts';
import { fixed, formatTable, percent } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { counted } from '../terminal/words.ts';

export interface CheckCommandOptions {
  readonly json?: boolean | undefined;
  /** Findings are errors. */
  readonly strict?: boolean | undefined;
  readonly terminal: Terminal;
  readonly packages?: readonly FamilyPackage[] | undefined;
}

interface CheckedColumn extends ColumnFacts {
  readonly role: string;
}

/**
 * `ml4t check`: everything of an experiment but the fits. Its models and splits are checked, the panel is read and looked at:
 * which columns play which role, and what a careful colleague would say of them.
 */
export async function checkCommand(path: string, options: CheckCommandOptions): Promise<void> {
  const { terminal } = options;
  const experiment = await loadExperiment(path);
  await prepareExperiment(experiment, { packages: options.packages, from: [dirname(resolve(path)), process.cwd()] });
  const warnings: string[] = [];
  const { batch } = await readData(experiment.data, {
    signal: terminal.signal,
    warn: (message) => warnings.push(message),
  });
  const splits = splitDates(batch, experiment.split);
  const findings = lookAtData(experiment, batch);
  const returns = batch.requireReturns('an experiment');
  const columns: CheckedColumn[] = [
    { ...columnFacts(returnsName(experiment.data), batch.nRows, (row) => returns[row]), role: 'returns' },
    ...characteristicFacts(batch).map((facts) => ({ ...facts, role: 'characteristic' })),
    ...batch.contextNames.map((name, q) => ({
      ...columnFacts(name, batch.nDates, (t) => batch.contextFeatures?.[t * batch.nContext + q] ?? Number.NaN),
      role: 'context',
    })),
  ];
  const dates = [0, batch.nDates - 1].map((t) => formatTimestamp(batch.timestamps[t]));
  if (options.json)
    terminal.stdout.write(
      `${JSON.stringify({ rows: batch.nRows, dates: batch.nDates, assets: batch.nAssets, returnHorizon: batch.returnHorizon, realisationLag: batch.realisationLag, first: dates[0], last: dates[1], fits: splits.length, columns, warnings, findings }, null, 2)}\n`,
    );
  else
    terminal.stdout.write(
      [
        `panel  ${batch.nRows} rows, ${batch.nDates} dates (${dates[0]} to ${dates[1]}), ${batch.nAssets} assets; ` +
          `returns over ${counted(batch.returnHorizon, 'date')}, known after ${batch.realisationLag}; ` +
          `${counted(splits.length, 'fit')} per model`,
        '',
        columnTable(columns),
        '',
        ...warnings.map((warning) => warning),
        ...findingLines(findings),
        verdict(findings, warnings.length),
        '',
      ].join('\n'),
    );
  if (options.strict) requireNoWarning(findings);
}

function columnTable(columns: readonly CheckedColumn[]): string {
  return formatTable(
    ['column', 'role', 'known %', 'mean', 'sd', 'least', 'most'],
    columns.map(({ name, role, known, mean, sd, least, most }) => [
      name,
      role,
      percent(known),
      ...[mean, sd, least, most].map((value) => fixed(value, 4)),
    ]),
    2,
  );
}

function verdict(findings: readonly PanelFinding[], nWarnings: number): string {
  if (findings.length + nWarnings === 0) return 'nothing to warn of';
  const codes = [...new Set(findings.map(({ code }) => code))];
  return codes.length === 0
    ? ''
    : `\nWhat is meant can be answered in the experiment: data: { ignore: [${codes.join(', ')}] }`;
}
