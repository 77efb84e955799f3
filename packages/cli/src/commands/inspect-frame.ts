import { basename } from 'node:path';
import { formatTimestamp } from '@ml4t/core';
import { readCrossSectionBatch, type PanelColumns, type PanelSource } from '@ml4t/integration';
import { characteristicFacts } from '../experiment/column-facts.ts';
import { onOneLine } from '../terminal/printable.ts';
import { fixed, formatTable, percent } from '../terminal/table.ts';
import { counted } from '../terminal/words.ts';

/** What a command prints of a file. */
export interface Description {
  readonly text: string;
  readonly json: unknown;
}

/** The frames that a run writes: what their rows are about, beside a date, a model and a fold. */
const resultFrames = { predictions: 'asset', weights: 'asset', factors: 'factor' } as const;

type ResultFrame = keyof typeof resultFrames;

/** Which frame of a run a path names, `predictions.partial.csv.gz` for one; undefined for none. */
export function resultFrame(path: string): ResultFrame | undefined {
  const name = /^(predictions|weights|factors)(?:\.partial)?\.(?:parquet|csv|csv\.gz)$/.exec(basename(path))?.[1];
  return name as ResultFrame | undefined;
}

/** A frame of a run: its rows are told apart by model as well as by date and asset. */
export async function describeResultFrame(path: string, frame: ResultFrame): Promise<Description> {
  const of = resultFrames[frame];
  const file = `'${path.replaceAll("'", "''")}'`;
  const query = `SELECT concat_ws(' / ', model, ${of}) AS series, * EXCLUDE (model, fold, ${of}) FROM ${file}`;
  const source = { query, allow: { files: [path] } };
  const columns: PanelColumns = { timestamp: 'timestamp', asset: 'series', characteristics: { exclude: [] } };
  const { json, rows, dates, table, ids } = await factsOf(source, columns);
  const models = new Map<string, number>();
  for (const id of ids) {
    const model = id.slice(0, id.lastIndexOf(' / '));
    models.set(model, (models.get(model) ?? 0) + 1);
  }
  const counts = [...models].map(([model, count]) => `${model} (${counted(count, of)})`).join(', ');
  return {
    text: [`${frame} of a run: ${rows}, ${dates}; ${onOneLine(counts)}`, '', table, ''].join('\n'),
    json: { ...json, kind: frame, path, models: Object.fromEntries(models) },
  };
}

/** A panel: its shape, its dates and its columns. */
export async function describePanel(
  path: string,
  { timestamp, asset }: { readonly timestamp?: string | undefined; readonly asset?: string | undefined },
): Promise<Description> {
  const facts = await factsOf(path, { timestamp, asset, characteristics: { exclude: [] } });
  const { json, rows, dates, gaps, perDate, notes, table } = facts;
  return {
    text: [
      `a panel: ${rows}, ${dates}, ${json.assets} assets, ${perDate} on a date, ${gaps} in the dates`,
      ...notes.map((note) => `note: ${onOneLine(note)}`),
      '',
      table,
      '',
    ].join('\n'),
    json: { ...json, kind: 'panel', path, notes },
  };
}

async function factsOf(source: PanelSource, selection: PanelColumns) {
  const { batch, report } = await readCrossSectionBatch(source, selection, { sort: true, emptyColumns: 'keep' });
  const { index } = batch;
  const columns = characteristicFacts(batch);
  const counts = Array.from({ length: index.nDates }, (_, t) => index.rowOffsets[t + 1] - index.rowOffsets[t]);
  const [first, last] = [0, index.nDates - 1].map((t) => formatTimestamp(index.timestamps[t]));
  const [least, most] = [counts.reduce((a, b) => Math.min(a, b)), counts.reduce((a, b) => Math.max(a, b))];
  return {
    json: {
      rows: batch.nRows,
      dates: batch.nDates,
      assets: batch.nAssets,
      first,
      last,
      assetsPerDate: { least, most },
      gaps: report.gaps.length,
      columns,
    },
    ids: index.assetIds,
    rows: counted(batch.nRows, 'row'),
    dates: `${counted(batch.nDates, 'date')} (${first} to ${last})`,
    gaps: report.gaps.length === 0 ? 'no gap' : counted(report.gaps.length, 'gap'),
    perDate: least === most ? String(least) : `${least} to ${most}`,
    notes: report.notes.map(({ found, remedy }) => `${found}. ${remedy}`),
    table: formatTable(
      ['column', 'known %', 'mean', 'sd', 'least', 'most'],
      columns.map(({ name, known, mean, sd, least: low, most: high }) => [
        name,
        percent(known),
        ...[mean, sd, low, high].map((value) => fixed(value, 4)),
      ]),
    ),
  };
}
