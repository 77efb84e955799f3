import { open, readFile, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { SourceError } from '@ml4t/core';
import { loadArtifact } from '@ml4t/core/persist';
import type { ExperimentDiagnostics } from '../experiment/diagnostics.ts';
import { scoreNotes } from '../experiment/notes.ts';
import type { ExperimentSummary } from '../experiment/summary.ts';
import { diagnosticsName, reportName, summaryName } from '../outputs/results.ts';
import { onOneLine } from '../terminal/printable.ts';
import { fixed, formatTable, percent } from '../terminal/table.ts';
import { counted, shownPath } from '../terminal/words.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { describePanel, describeResultFrame, resultFrame, type Description } from './inspect-frame.ts';
import { readResult } from './report.ts';

export interface InspectCommandOptions {
  readonly timestamp?: string | undefined;
  readonly asset?: string | undefined;
  readonly json?: boolean | undefined;
  readonly terminal: Terminal;
}

/** `ml4t inspect`: what a saved model, a panel file, a folder of results or any file in it holds. */
export async function inspectCommand(path: string, options: InspectCommandOptions): Promise<void> {
  const { text, json } = await describePath(resolve(path), options);
  options.terminal.stdout.write(options.json ? `${JSON.stringify(json, null, 2)}\n` : text);
}

async function describePath(path: string, options: InspectCommandOptions): Promise<Description> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new SourceError({
      field: path,
      expected: 'a saved model, a panel file or a folder of results',
      found: 'nothing of that name',
      remedy: 'Check the path.',
      cause,
    });
  });
  if (found.isDirectory()) return describeResults(path);
  if (!found.isFile())
    throw new SourceError({
      field: path,
      expected: 'a saved model, a panel file or a folder of results',
      found: 'something that is neither a file nor a folder',
      remedy: 'Check the path.',
    });
  const name = basename(path);
  if (/^summary(\.partial)?\.json$/.test(name)) return describeResults(dirname(path), name);
  if (name === diagnosticsName) return describeDiagnostics(path);
  if (name === reportName) return describeReport(path);
  if (await isArtifact(path)) return describeArtifact(path);
  const frame = resultFrame(path);
  if (frame === undefined) return describePanel(path, options);
  return describeResultFrame(path, frame).catch((error: unknown) => {
    // A file of that name may be somebody's own: without the columns of a run's it is a panel, of factors or of assets.
    if (!(error instanceof SourceError)) throw error;
    const asset = options.asset ?? (frame === 'factors' ? 'factor' : undefined);
    return describePanel(path, { ...options, asset }).catch(() => describePanel(path, options));
  });
}

/** A safetensors header begins with its length and a brace, and this library's names itself in the first bytes of it. */
async function isArtifact(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0);
    return buffer.subarray(8, bytesRead).toString('latin1').startsWith('{"__metadata__"');
  } finally {
    await file.close();
  }
}

async function describeArtifact(path: string): Promise<Description> {
  const { modelType, formatVersion, packageVersion, config, record, arrays } = await loadArtifact(path);
  const shapes = Object.entries(arrays).map(([name, { shape, data }]) => ({
    name,
    shape: [...shape],
    type: data.constructor.name.replace('Array', ''),
  }));
  const text = [
    onOneLine(
      `a saved model: ${modelType}, format ${formatVersion}, written by version ${packageVersion}; every digest is right`,
    ),
    '',
    'configuration',
    indented(config),
    '',
    formatTable(
      ['array', 'type', 'shape'],
      shapes.map(({ name, type, shape }) => [name, type, shape.join(' x ')]),
      3,
    ),
    '',
  ].join('\n');
  return {
    text,
    json: { kind: 'artifact', path, modelType, formatVersion, packageVersion, config, record, arrays: shapes },
  };
}

async function describeResults(path: string, name: string = summaryName): Promise<Description> {
  const summary = (await readResult(path, name)) as ExperimentSummary;
  const { data, models, oracle, files, warnings, title, ml4t } = summary;
  const rows = models.map(({ model, folds, scores, strategy, seconds }) => [
    model,
    String(folds.length),
    percent(scores?.totalR2),
    percent(scores?.predictiveR2),
    fixed(scores?.rankIC, 4),
    fixed(scores?.rankICStandardError, 4),
    fixed(strategy?.sharpe, 2),
    fixed(strategy?.sharpeStandardError, 2),
    fixed(seconds, 2),
  ]);
  if (oracle)
    rows.push([
      'oracle (truth)',
      '-',
      percent(oracle.totalR2),
      percent(oracle.predictiveR2),
      fixed(oracle.rankIC, 4),
      fixed(oracle.rankICStandardError, 4),
      fixed(oracle.strategy.sharpe, 2),
      fixed(oracle.strategy.sharpeStandardError, 2),
      '-',
    ]);
  const text = [
    onOneLine(
      `results of ${title ?? 'an experiment'}, ml4t ${ml4t}: ${data.rows} rows, ${data.dates} dates (${data.first} to ${data.last}), ${data.assets} assets`,
    ),
    '',
    formatTable(
      ['model', 'folds', 'total R2 %', 'predictive R2 %', 'rank IC', '± s.e.', 'portfolio SR', '± s.e.', 'seconds'],
      rows,
    ),
    '',
    `files: ${onOneLine([...files.map((file) => file.name), name].join(', '))}`,
    ...scoreNotes(models).map((note) => `note: ${onOneLine(note)}`),
    ...warnings.map((warning) => `warning: ${onOneLine(warning)}`),
    '',
  ].join('\n');
  return { text, json: { kind: 'results', path, ...summary } };
}

async function describeDiagnostics(path: string): Promise<Description> {
  const diagnostics = (await readResult(dirname(path), basename(path))) as ExperimentDiagnostics;
  const rows = diagnostics.models.map(({ model, deciles, factors, exposures, importance }) => [
    model,
    deciles ? counted(deciles.timestamps.length, 'date') : '-',
    factors ? String(factors.names.length) : '-',
    exposures ? 'yes' : '-',
    importance ? 'yes' : '-',
  ]);
  const text = [
    'diagnostics of a run',
    '',
    formatTable(['model', 'decile returns', 'factors', 'exposures', 'importance'], rows),
    '',
  ].join('\n');
  return { text, json: { kind: 'diagnostics', path, ...diagnostics } };
}

/** A report is for a browser: its title, and where what stands in it is found as data. */
async function describeReport(path: string): Promise<Description> {
  const html = await readFile(path, 'utf8');
  const title = /<title>([^<]*)<\/title>/.exec(html)?.[1];
  if (title === undefined)
    throw new SourceError({
      field: path,
      expected: 'the report of a run',
      found: 'a page without a title',
      remedy: `Draw it again: ml4t report ${shownPath(dirname(path))}.`,
    });
  const text = `the report of a run, for a browser: ${onOneLine(title)}\nits figures: ${summaryName} and ${diagnosticsName} beside it\n`;
  return { text, json: { kind: 'report', path, title, bytes: html.length } };
}

function indented(value: unknown): string {
  return JSON.stringify(value, null, 2)
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}
