import { writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { formatTimestamp } from '@ml4t/core';
import { FolderStore } from '@ml4t/core/persist';
import { diagnose } from '../experiment/diagnostics.ts';
import { loadExperiment } from '../experiment/load.ts';
import { some } from '../experiment/look.ts';
import { ExperimentRecord } from '../experiment/record.ts';
import { resultsTable } from '../experiment/results-table.ts';
import { prepareExperiment, runExperiment, type ExperimentResult, type PreparedExperiment } from '../experiment/run.ts';
import type { Experiment } from '../experiment/schema.ts';
import { summarize, summarizePartial, type ExperimentSummary } from '../experiment/summary.ts';
import type { FamilyPackage } from '../families/packages.ts';
import { requireWritable } from '../outputs/generation.ts';
import { inputsOf, requireApart } from '../outputs/inputs.ts';
import { requireOwned, type WrittenFile } from '../outputs/ownership.ts';
import { lockFolder } from '../outputs/results-folder.ts';
import {
  diagnosticsName,
  jsonFile,
  namesToWrite,
  reportName,
  summaryNames,
  writeResults,
  type ResultDocuments,
} from '../outputs/results.ts';
import { loadReport } from '../report/load.ts';
import { onOneLine } from '../terminal/printable.ts';
import { ProgressDisplay } from '../terminal/progress.ts';
import { Warnings, type Terminal } from '../terminal/terminal.ts';
import { counted, shownPath } from '../terminal/words.ts';

export interface RunCommandOptions {
  readonly output?: string | undefined;
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
  readonly workers?: number | undefined;
  /** Do every fold again, whatever an earlier run left. */
  readonly fresh?: boolean | undefined;
  /** How often a task is tried whose worker was lost. */
  readonly attempts?: number | undefined;
  /** Stop at the first task that fails. */
  readonly failFast?: boolean | undefined;
  /** Wait for another run that has the folder, instead of refusing. */
  readonly wait?: boolean | undefined;
  /** What the look at the panel warns of is an error. */
  readonly strict?: boolean | undefined;
  readonly terminal: Terminal;
  readonly packages?: readonly FamilyPackage[] | undefined;
}

/**
 * `ml4t run`: everything that can be checked beforehand is, then the data are read, the models run, results written. The folder of the
 * results is this run's alone until it ends.
 */
export async function runCommand(path: string, options: RunCommandOptions): Promise<void> {
  const { terminal } = options;
  const loaded = await loadExperiment(path);
  const directory = options.output === undefined ? loaded.outputs.directory : resolve(options.output);
  const experiment = { ...loaded, outputs: { ...loaded.outputs, directory } };
  const prepared = await prepareExperiment(experiment, {
    packages: options.packages,
    from: [dirname(resolve(path)), process.cwd()],
  });
  const names = namesToWrite(experiment.outputs);
  await requireApart(directory, names, [
    ...inputsOf(experiment.data, 'experiment.data'),
    { field: 'the experiment', path: resolve(path) },
  ]);
  await requireWritable(directory);
  const progress = new ProgressDisplay(terminal.stderr, { enabled: !options.quiet, now: terminal.now });
  const printed = (message: string): void => {
    progress.clear();
    terminal.stderr.write(`ml4t: ${onOneLine(message)}\n`);
  };
  const {
    wait,
    terminal: { signal },
  } = options;
  const lock = await lockFolder(directory, { purpose: `ml4t run ${path}`, wait, signal, tell: printed });
  try {
    await requireOwned(directory, names, summaryNames);
    await runInto(prepared, options, lock.signal, progress, printed);
  } catch (error) {
    // Whatever a run ends with that lost its folder, that is why.
    throw lock.signal.aborted ? lock.signal.reason : error;
  } finally {
    await lock.release();
  }
}

async function runInto(
  prepared: PreparedExperiment,
  options: RunCommandOptions,
  lost: AbortSignal,
  progress: ProgressDisplay,
  printed: (message: string) => void,
): Promise<void> {
  const { experiment } = prepared;
  const { terminal } = options;
  const warnings = new Warnings((message) => printed(`warning: ${message}`));
  const record = new ExperimentRecord();
  const store = new FolderStore(join(experiment.outputs.directory, '.ml4t-work'));
  if (options.fresh) await store.clear();
  try {
    const result = await runExperiment(prepared, record, {
      signal: terminal.signal ? AbortSignal.any([terminal.signal, lost]) : lost,
      workers: options.workers,
      strict: options.strict,
      store,
      attempts: options.attempts,
      failFast: options.failFast,
      onEvent: (event) => progress.hear(event),
      warn: (message) => warnings.add(message),
      tell: printed,
    });
    progress.hear({ kind: 'note', text: 'writing results' });
    const documents = await documentsOf(experiment, result, warnings);
    const { summary, paths } = await writeResults(experiment.outputs, result.panel, record, documents, {
      partial: false,
    });
    await store.clear();
    progress.clear();
    terminal.stdout.write(options.json ? `${JSON.stringify(summary, null, 2)}\n` : report(result, paths));
  } catch (error) {
    progress.clear();
    // A folder that somebody else has by now is left to them.
    if (!lost.aborted) await keepFinishedFolds(prepared, record, error, warnings, printed);
    throw error;
  }
}

/** The summary of a finished run, its diagnostics, and the report that is made of the two. */
async function documentsOf(
  experiment: Experiment,
  result: ExperimentResult,
  warnings: Warnings,
): Promise<ResultDocuments<ExperimentSummary>> {
  const render = experiment.outputs.report ? await loadReport() : undefined;
  const diagnostics = diagnose(result, experiment.evaluation);
  const summary = (files: readonly WrittenFile[]): ExperimentSummary =>
    summarize(experiment, result, warnings.messages, files);
  const others = [jsonFile(diagnosticsName, diagnostics)];
  if (render) others.push({ name: reportName, write: (path) => writeFile(path, render(summary([]), diagnostics)) });
  return { summary, others };
}

/** A run that fails or is stopped keeps the folds that it had finished. The error itself goes on to the caller. */
async function keepFinishedFolds(
  { experiment }: PreparedExperiment,
  record: ExperimentRecord,
  error: unknown,
  warnings: Warnings,
  printed: (message: string) => void,
): Promise<void> {
  const { panel } = record;
  const members = record.trainedMembers.size;
  if (!panel || record.nFolds + members === 0) return;
  if (members > 0) printed(`kept ${counted(members, 'trained member')} of ensembles`);
  if (record.nFolds === 0) {
    printed('run the same command again to go on');
    return;
  }
  try {
    const { paths } = await writeResults(
      experiment.outputs,
      panel,
      record,
      {
        summary: (files) => summarizePartial(experiment, panel, record, error, warnings.messages, files),
        others: [],
      },
      { partial: true },
    );
    printed(`kept ${counted(record.nFolds, 'finished fold')}: ${paths.map((each) => shownPath(each)).join(', ')}`);
    printed('run the same command again to go on');
  } catch {
    // The first error says what went wrong; that its remains could not be written either adds nothing.
  }
}

/** What a person sees at the end: what was read, the table, and where the files are. */
function report(result: ExperimentResult, paths: readonly string[]): string {
  const { panel, splits } = result;
  const dates = (from: number, to: number): string =>
    `${formatTimestamp(panel.timestamps[from])} to ${formatTimestamp(panel.timestamps[to - 1])}`;
  const last = splits[splits.length - 1];
  const described =
    panel.nCharacteristics === 0
      ? 'no characteristic'
      : `${counted(panel.nCharacteristics, 'characteristic')}: ${some(panel.characteristicNames)}`;
  return [
    `panel      ${panel.nRows} rows, ${panel.nDates} dates (${dates(0, panel.nDates)}), ${panel.nAssets} assets, ${onOneLine(described)}`,
    `forecasts  ${dates(splits[0].test.from, last.test.to)}, ${counted(splits.length, 'fit')} per model, ${splits.length === 1 ? '' : 'the first '}on ` +
      `${splits[0].train.to - splits[0].train.from} dates`,
    '',
    resultsTable(result),
    '',
    ...paths.map((path) => `wrote ${shownPath(path)}`),
    '',
  ].join('\n');
}
