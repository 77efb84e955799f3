import { ConfigError, SourceError } from '@ml4t/core';
import { describe, nearestName } from '@ml4t/core/authoring';
import type { Frame, FrameColumn } from './frame.ts';

const timestampAliases = ['timestamp', 'date', 'datetime', 'time', 'month', 'yyyymm', 'period', 'eom'];
const assetAliases = [
  'asset',
  'asset_id',
  'assetid',
  'ticker',
  'symbol',
  'permno',
  'gvkey',
  'cusip',
  'isin',
  'figi',
  'sedol',
  'entity',
  'instrument',
  'stock',
  'security',
  'security_id',
  'id',
];

/** A name as it is looked for where it is not found to the letter. */
const fold = (name: string): string => name.trim().toLowerCase();

export const sameName = (a: string, b: string): boolean => fold(a) === fold(b);

/** True of the index of a data frame, which numbers its rows. */
export const isIndexColumn = ({ name }: FrameColumn): boolean => /^(Unnamed: \d+|__index_level_\d+__)$/.test(name);

/** True of a column of text that may have been meant as numbers. */
export const mayBeNumbers = ({ text, hasNumbers = false }: FrameColumn): boolean =>
  text !== undefined && (hasNumbers || /^[-+(]?[\d.,\s%$()'_]*\d/.test(text));

/** The column of dates: as named, else the one of a usual name, else an index that holds dates. */
export function timestampColumn(frame: Frame, field: string, name: string | undefined): FrameColumn {
  if (name !== undefined) return findColumn(frame, field, name);
  const candidates = ofUsualName(frame, timestampAliases);
  if (candidates.length === 0) {
    const indices = frame.columns.filter(
      (column) => isIndexColumn(column) && (column.kind === 'date' || column.kind === 'timestamp'),
    );
    if (indices.length === 1) return indices[0];
  }
  return onlyOne(frame, field, candidates, timestampAliases);
}

/** The column of asset ids: as named, else the one of a usual name. */
export function assetColumn(frame: Frame, field: string, name: string | undefined): FrameColumn {
  return name === undefined
    ? onlyOne(frame, field, ofUsualName(frame, assetAliases), assetAliases)
    : findColumn(frame, field, name);
}

/** True where a column is called as those of asset ids are. */
export const hasAssetColumn = (frame: Frame): boolean => ofUsualName(frame, assetAliases).length > 0;

const ofUsualName = (frame: Frame, aliases: readonly string[]): readonly FrameColumn[] =>
  frame.columns.filter((column) => aliases.includes(fold(column.name)));

function onlyOne(
  frame: Frame,
  field: string,
  candidates: readonly FrameColumn[],
  aliases: readonly string[],
): FrameColumn {
  if (candidates.length === 1) return candidates[0];
  const numeric = frame.columns.filter((column) => column.kind === 'number' || column.isEmpty || mayBeNumbers(column));
  const maybeWide = aliases === assetAliases && candidates.length === 0 && numeric.length >= 3;
  const role = field.slice(field.lastIndexOf('.') + 1);
  throw new SourceError({
    field,
    expected: `one column called ${aliases.slice(0, -1).join(', ')} or ${aliases[aliases.length - 1]}`,
    found:
      candidates.length === 0
        ? `none among ${present(frame)} in ${frame.label}`
        : `${candidates.length}: ${candidates.map((column) => column.name).join(', ')}`,
    remedy: maybeWide
      ? `Name the column, ${role}: '…'; or, if the file has dates down and assets across, say layout: 'wide'.`
      : `Name the column: ${role}: '…'.`,
  });
}

export function findColumn(frame: Frame, field: string, name: unknown): FrameColumn {
  if (typeof name !== 'string')
    throw new ConfigError({
      field,
      expected: 'the name of a column',
      found: describe(name),
      remedy: `The columns are ${present(frame)}.`,
    });
  const exact = frame.columns.find((column) => column.name === name);
  if (exact) return exact;
  const folded = frame.columns.filter((column) => sameName(column.name, name));
  if (folded.length === 1) return folded[0];
  if (folded.length > 1)
    throw new SourceError({
      field,
      expected: `one column of ${frame.label} called ${JSON.stringify(name)}`,
      found: folded.map((column) => JSON.stringify(column.name)).join(' and '),
      remedy: 'Name it to the letter: these differ only in case or spaces.',
    });
  const near = nearestName(
    name,
    frame.columns.map((column) => column.name),
  );
  throw new SourceError({
    field,
    expected: `a column of ${frame.label}: ${present(frame)}`,
    found: JSON.stringify(name),
    remedy: near === undefined ? 'Name one of these columns.' : `Did you mean ${JSON.stringify(near)}?`,
  });
}

/** Two columns of one name cannot be told apart. */
export function requireDistinctNames(frame: Frame): void {
  const seen = new Set<string>();
  for (const { name } of frame.columns) {
    if (seen.has(name))
      throw new SourceError({
        field: name,
        expected: `each name once in the header of ${frame.label}`,
        found: `two columns called ${JSON.stringify(name)}`,
        remedy: 'Rename or drop one of them at the source.',
      });
    seen.add(name);
  }
}

/** The columns for a message: all of them up to 40, with their types if asked. */
export function present(frame: Frame, withTypes = false): string {
  const shown = frame.columns.slice(0, 40).map(({ name, type }) => (withTypes ? `${name} (${type})` : name));
  const more = frame.columns.length - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
