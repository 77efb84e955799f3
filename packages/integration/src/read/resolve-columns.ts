import { ConfigError, SourceError, describe, nearestName } from '@ml4t/core';
import type { ColumnRoles } from './column-roles.ts';
import { datedTiming } from './return-timing.ts';
import type { Frame, FrameColumn } from './frame.ts';
import { remedyForText } from '../duckdb/text-numbers.ts';
import type { CharacteristicSelection, ReadNote } from './options.ts';

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

/** The columns of a source, each in its role. */
export interface ResolvedColumns {
  readonly timestamp: FrameColumn;
  readonly asset: FrameColumn;
  readonly returns: FrameColumn | undefined;
  readonly factorReturns: FrameColumn | undefined;
  readonly prices: FrameColumn | undefined;
  readonly characteristics: readonly FrameColumn[];
  readonly context: readonly FrameColumn[];
}

/** The columns beside the characteristics with a value for each row, in the order in which they are read. */
export function seriesColumns({ returns, factorReturns, prices }: ResolvedColumns): readonly FrameColumn[] {
  return [returns, factorReturns, prices].filter((column) => column !== undefined);
}

/** The columns of the roles, and what was decided on the way. */
export interface Resolution {
  readonly columns: ResolvedColumns;
  readonly notes: readonly ReadNote[];
}

/** Finds every role's column. Unknown, ambiguous and doubly used columns are errors that name the candidates. */
export function resolveColumns(frame: Frame, roles: ColumnRoles): Resolution {
  const { statedAt } = roles;
  requireDistinctNames(frame);
  const dated = (role: 'returns' | 'factorReturns'): FrameColumn | undefined => {
    const column = roles[role];
    if (column === undefined) return undefined;
    requireLag(statedAt(`${role}.lag`), column.lag);
    datedTiming(column, (key) => statedAt(`${role}.${key}`));
    return findColumn(frame, statedAt(`${role}.column`), column.column);
  };
  const timestamp = byNameOrAlias(frame, statedAt('timestamp'), roles.timestamp, timestampAliases);
  const asset = byNameOrAlias(frame, statedAt('asset'), roles.asset, assetAliases);
  requireDifferent(statedAt('asset'), asset, [timestamp], 'the timestamps');
  const returns = dated('returns');
  const factorReturns = dated('factorReturns');
  const prices = roles.prices === undefined ? undefined : findColumn(frame, statedAt('prices'), roles.prices);
  const context = (roles.context ?? []).map((name, i) => findColumn(frame, `${statedAt('context')}[${i}]`, name));
  const keys = [timestamp, asset];
  const realisedLater = [
    ...(returns && roles.returns?.lag === 0 ? [returns] : []),
    ...(factorReturns && roles.factorReturns?.lag === 0 ? [factorReturns] : []),
  ];
  context.forEach((column, i) => {
    requireDifferent(`${statedAt('context')}[${i}]`, column, keys, 'timestamps or assets');
  });
  const taken = new Set([...keys, ...context, ...[returns, factorReturns, prices].filter((c) => c !== undefined)]);
  const { columns: characteristics, notes } = selectCharacteristics(
    frame,
    roles.characteristics ?? [],
    taken,
    statedAt('characteristics'),
  );
  characteristics.forEach((column, i) => {
    const field = `${statedAt('characteristics')}[${i}]`;
    requireDifferent(field, column, keys, 'timestamps or assets');
    requireDifferent(field, column, realisedLater, 'returns earned after the row date (lag 0), which is look-ahead');
  });
  requireUnique(statedAt('characteristics'), characteristics);
  requireUnique(statedAt('context'), context);
  return { columns: { timestamp, asset, returns, factorReturns, prices, characteristics, context }, notes };
}

function selectCharacteristics(
  frame: Frame,
  selection: CharacteristicSelection,
  taken: ReadonlySet<FrameColumn>,
  field: string,
): { readonly columns: readonly FrameColumn[]; readonly notes: readonly ReadNote[] } {
  if (isNameList(selection))
    return { columns: selection.map((name, i) => findColumn(frame, `${field}[${i}]`, name)), notes: [] };
  const excluded = new Set(selection.exclude.map((name, i) => findColumn(frame, `${field}.exclude[${i}]`, name)));
  const others = frame.columns.filter((column) => !taken.has(column) && !excluded.has(column));
  const isIndex = ({ name }: FrameColumn): boolean => /^(Unnamed: \d+|__index_level_\d+__)$/.test(name);
  const isNumeric = ({ kind }: FrameColumn): boolean => kind === 'number' || kind === 'boolean';
  const columns = others.filter((column) => isNumeric(column) && !isIndex(column));
  for (const column of columns) {
    const twin = frame.columns.find(
      (other) => other !== column && !excluded.has(other) && fold(other.name) === fold(column.name),
    );
    if (twin)
      throw new SourceError({
        field,
        expected: 'columns whose names differ in more than case and spaces, where all that are left are taken',
        found: `${JSON.stringify(twin.name)} and ${JSON.stringify(column.name)} in ${frame.label}`,
        remedy: `Say which is meant: list the characteristics, or exclude one: [${JSON.stringify(column.name)}].`,
      });
  }
  if (columns.length === 0) throw noCharacteristic(frame, others);
  return { columns, notes: notesOn(others, isIndex, isNumeric) };
}

/** What was left out though nobody said so. */
function notesOn(
  columns: readonly FrameColumn[],
  isIndex: (column: FrameColumn) => boolean,
  isNumeric: (column: FrameColumn) => boolean,
): readonly ReadNote[] {
  const note = (code: string, left: readonly FrameColumn[], why: string, remedy: string): ReadNote[] => {
    const names = left.map(({ name }) => name);
    return left.length === 0 ? [] : [{ code, columns: names, found: `left out ${names.join(', ')}: ${why}`, remedy }];
  };
  const indices = columns.filter((column) => isIndex(column) && isNumeric(column));
  const rest = columns.filter((column) => !isIndex(column) && !isNumeric(column));
  return [
    ...note(
      'index-column',
      indices,
      'the index of a data frame, which numbers its rows',
      'Nothing; or exclude it, or name it as a characteristic.',
    ),
    ...note(
      'empty-column',
      rest.filter(({ isEmpty }) => isEmpty),
      'not one value',
      'Exclude it.',
    ),
    ...rest
      .filter(({ isEmpty }) => !isEmpty)
      .flatMap((column) =>
        note(
          'not-numeric',
          [column],
          column.text !== undefined && column.hasNumbers
            ? `not every value is a number, ${JSON.stringify(column.text)} is none`
            : `not numbers but ${column.kind === 'other' ? `of type ${column.type}` : kindWords[column.kind]}`,
          column.text !== undefined && column.hasNumbers ? remedyForText(column.text) : 'Exclude it.',
        ),
      ),
  ];
}

const kindWords: Readonly<Record<Exclude<FrameColumn['kind'], 'other'>, string>> = {
  number: 'numbers',
  boolean: 'flags',
  text: 'text',
  date: 'dates',
  timestamp: 'timestamps',
};

function noCharacteristic(frame: Frame, others: readonly FrameColumn[]): SourceError {
  if (frame.columns.every(({ isEmpty }) => isEmpty))
    return new SourceError({
      field: frame.label,
      expected: 'at least one row',
      found: `a header alone: ${present(frame)}`,
      remedy: 'Check what should have written the rows.',
    });
  if (others.some(({ name, text }) => name === text))
    return new SourceError({
      field: frame.label,
      expected: 'rows below the header',
      found: 'the header again among the rows',
      remedy: 'Files were laid end to end with their headers: drop all but the first.',
    });
  const meant = others.find(({ text, hasNumbers = false }) => text !== undefined && (hasNumbers || /\d/.test(text)));
  return new SourceError({
    field: 'columns.characteristics',
    expected: 'at least one numeric column without another role',
    found: `the columns ${present(frame, true)}`,
    remedy:
      meant?.text === undefined
        ? 'Exclude fewer columns, or name the characteristics.'
        : `${meant.name} holds ${JSON.stringify(meant.text)}: ${remedyForText(meant.text)}`,
  });
}

/** Two columns of one name cannot be told apart. */
function requireDistinctNames(frame: Frame): void {
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

/** A name as it is looked for where it is not found to the letter. */
const fold = (name: string): string => name.trim().toLowerCase();

function isNameList(selection: unknown): selection is readonly string[] {
  if (Array.isArray(selection)) return true;
  if (typeof selection === 'object' && selection !== null && 'exclude' in selection && Array.isArray(selection.exclude))
    return false;
  throw new ConfigError({
    field: 'columns.characteristics',
    expected: 'a list of column names, or { exclude: [names] }',
    found: describe(selection),
    remedy: 'Say which columns describe the assets; { exclude: [] } takes every numeric column without another role.',
  });
}

function byNameOrAlias(frame: Frame, field: string, name: string | undefined, aliases: readonly string[]): FrameColumn {
  if (name !== undefined) return findColumn(frame, field, name);
  const candidates = frame.columns.filter((column) => aliases.includes(fold(column.name)));
  if (candidates.length === 1) return candidates[0];
  throw new SourceError({
    field,
    expected: `one column called ${aliases.slice(0, -1).join(', ')} or ${aliases[aliases.length - 1]}`,
    found:
      candidates.length === 0
        ? `none among ${present(frame)} in ${frame.label}`
        : `${candidates.length}: ${candidates.map((column) => column.name).join(', ')}`,
    remedy: `Name the column: ${field.slice(field.lastIndexOf('.') + 1)}: '…'.`,
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
  const folded = frame.columns.filter((column) => fold(column.name) === fold(name));
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

function requireLag(field: string, lag: unknown): void {
  if (typeof lag !== 'number' || !Number.isInteger(lag) || lag < 0)
    throw new ConfigError({
      field,
      expected: 'a whole number of dates >= 0',
      found: describe(lag),
      remedy:
        'Say 0 when the column already holds the return earned after its date, 1 when it holds the return that ends at it.',
    });
}

function requireDifferent(field: string, column: FrameColumn, taken: readonly FrameColumn[], role: string): void {
  if (taken.includes(column))
    throw new ConfigError({
      field,
      expected: 'a column without another role',
      found: `${JSON.stringify(column.name)}, which holds ${role}`,
      remedy: 'Give each column one role.',
    });
}

function requireUnique(field: string, columns: readonly FrameColumn[]): void {
  columns.forEach((column, i) => {
    if (columns.indexOf(column) < i)
      throw new ConfigError({
        field: `${field}[${i}]`,
        expected: 'each column once',
        found: `${JSON.stringify(column.name)} again`,
        remedy: 'Name each column once.',
      });
  });
}

/** The columns for a message: all of them up to 40, with their types if asked. */
function present(frame: Frame, withTypes = false): string {
  const shown = frame.columns.slice(0, 40).map(({ name, type }) => (withTypes ? `${name} (${type})` : name));
  const more = frame.columns.length - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
