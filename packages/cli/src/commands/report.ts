import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SourceError } from '@ml4t/core';
import type { ExperimentDiagnostics } from '../experiment/diagnostics.ts';
import type { ExperimentSummary } from '../experiment/summary.ts';
import { writeTogether } from '../outputs/generation.ts';
import type { WrittenFile } from '../outputs/ownership.ts';
import { lockFolder } from '../outputs/results-folder.ts';
import { diagnosticsName, reportName, summaryName, summaryNames } from '../outputs/results.ts';
import { loadReport } from '../report/load.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { shownPath } from '../terminal/words.ts';

export interface ReportCommandOptions {
  readonly json?: boolean | undefined;
  readonly terminal: Terminal;
}

/** `ml4t report`: draws the report of a finished run again, from the two files that hold its numbers. */
export async function reportCommand(directory: string, { json, terminal }: ReportCommandOptions): Promise<void> {
  const folder = resolve(directory);
  await readResult(folder, summaryName);
  const lock = await lockFolder(folder, {
    purpose: 'ml4t report',
    signal: terminal.signal,
    tell: (message) => terminal.stderr.write(`ml4t: ${message}\n`),
  });
  try {
    const summary = (await readResult(folder, summaryName)) as ExperimentSummary;
    const diagnostics = (await readResult(folder, diagnosticsName)) as ExperimentDiagnostics;
    const render = await loadReport();
    const page = render(summary, diagnostics);
    const [path] = await writeTogether(folder, {
      files: [{ name: reportName, write: (to) => writeFile(to, page) }],
      record: { name: summaryName, content: (files) => ({ ...summary, files: withFiles(summary.files, files) }) },
      records: summaryNames,
    });
    terminal.stdout.write(json ? `${JSON.stringify({ files: [path] })}\n` : `wrote ${shownPath(path)}\n`);
  } finally {
    await lock.release();
  }
}

/** The files of a record with some of them written again, or new. */
function withFiles(files: readonly WrittenFile[], written: readonly WrittenFile[]): WrittenFile[] {
  return [...files.filter(({ name }) => written.every((each) => each.name !== name)), ...written];
}

/** A JSON file that `ml4t run` wrote. Throws SourceError. */
export async function readResult(folder: string, name: string): Promise<unknown> {
  const path = join(folder, name);
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new SourceError({
      field: path,
      expected: 'a file that a finished `ml4t run` wrote',
      found: (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : String((cause as Error).message),
      remedy:
        'Pass the output directory of a run that finished; run the experiment again where it is of an earlier version.',
      cause,
    });
  }
}
