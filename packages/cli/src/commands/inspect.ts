import { open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SourceError, formatTimestamp } from '@ml4t/core';
import { loadArtifact } from '@ml4t/core/persist';
import { readCrossSectionBatch } from '@ml4t/integration';
import { scoreNotes } from '../experiment/notes.ts';
import type { ExperimentSummary } from '../experiment/summary.ts';
import { characteristicFacts } from '../experiment/column-facts.ts';
import { summaryName } from '../outputs/results.ts';
import { onOneLine } from '../terminal/printable.ts';
import { fixed, formatTable, percent } from '../terminal/table.ts';
import { counted } from '../terminal/words.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { readResult } from './report.ts';

export interface InspectCommandOptions {
  readonly timestamp?: string | undefined;
  readonly asset?: string | undefined;
  readonly json?: boolean | undefined;
  readonly terminal: Terminal;
}

/** `ml4t inspect`: what a saved model, a panel file or a folder of results holds. */
export async function inspectCommand(path: string, options: InspectCommandOptions): Promise<void> {
  const { text, json } = await describePath(resolve(path), options);
  options.terminal.stdout.write(options.json ? `${JSON.stringify(json, null, 2)}\n` : text);
}

interface Description {
  readonly text: string;
  readonly json: unknown;
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
  return (await isArtifact(path)) ? describeArtifact(path) : describePanel(path, options);
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

async function describePanel(path: string, { timestamp, asset }: InspectCommandOptions): Promise<Description> {
  const { batch, report } = await readCrossSectionBatch(
    path,
    { timestamp, asset, characteristics: { exclude: [] } },
    { sort: true },
  );
  const { index } = batch;
  const columns = characteristicFacts(batch);
  const perDate = Array.from({ length: index.nDates }, (_, t) => index.rowOffsets[t + 1] - index.rowOffsets[t]);
  const [first, last] = [0, index.nDates - 1].map((t) => formatTimestamp(index.timestamps[t]));
  const json = {
    kind: 'panel',
    path,
    rows: batch.nRows,
    dates: batch.nDates,
    assets: batch.nAssets,
    first,
    last,
    assetsPerDate: { least: Math.min(...perDate), most: Math.max(...perDate) },
    gaps: report.gaps.length,
    columns,
  };
  const text = [
    `a panel: ${json.rows} rows, ${json.dates} dates (${first} to ${last}), ${json.assets} assets, ` +
      `${range(json.assetsPerDate)} on a date, ${json.gaps === 0 ? 'no gap' : counted(json.gaps, 'gap')} in the dates`,
    '',
    formatTable(
      ['column', 'known %', 'mean', 'sd', 'least', 'most'],
      columns.map(({ name, known, mean, sd, least, most }) => [
        name,
        percent(known),
        ...[mean, sd, least, most].map((value) => fixed(value, 4)),
      ]),
    ),
    '',
  ].join('\n');
  return { text, json };
}

function range({ least, most }: { readonly least: number; readonly most: number }): string {
  return least === most ? String(least) : `${least} to ${most}`;
}

async function describeResults(path: string): Promise<Description> {
  const summary = (await readResult(path, summaryName)) as ExperimentSummary;
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
    `files: ${onOneLine([...files.map(({ name }) => name), summaryName].join(', '))}`,
    ...scoreNotes(models).map((note) => `note: ${onOneLine(note)}`),
    ...warnings.map((warning) => `warning: ${onOneLine(warning)}`),
    '',
  ].join('\n');
  return { text, json: { kind: 'results', path, ...summary } };
}

function indented(value: unknown): string {
  return JSON.stringify(value, null, 2)
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}
