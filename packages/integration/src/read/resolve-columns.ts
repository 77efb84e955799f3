import { ConfigError, SourceError } from '@ml4t/core';
import { describe } from '@ml4t/core/authoring';
import type { ColumnRoles } from './column-roles.ts';
import { datedTiming } from './return-timing.ts';
import {
  assetColumn,
  findColumn,
  isIndexColumn,
  mayBeNumbers,
  present,
  sameName,
  timestampColumn,
} from './column-search.ts';
import type { Frame, FrameColumn } from './frame.ts';
import { remedyForText } from '../duckdb/text-numbers.ts';
import type { CharacteristicSelection } from './source-options.ts';
import type { ReadNote } from './report.ts';

/** The columns of a source, each in its role. */
export interface ResolvedColumns {
  readonly timestamp: FrameColumn;
  readonly asset: FrameColumn;
  readonly returns: FrameColumn | undefined;
  readonly factorReturns: FrameColumn | undefined;
  readonly prices: FrameColumn | undefined;
  readonly delisting: FrameColumn | undefined;
  readonly characteristics: readonly FrameColumn[];
  readonly context: readonly FrameColumn[];
}

/** The columns beside the characteristics with a value for each row, in the order in which they are read. */
export function seriesColumns({ returns, factorReturns, prices, delisting }: ResolvedColumns): readonly FrameColumn[] {
  return [returns, factorReturns, prices, delisting].filter((column) => column !== undefined);
}

/** The columns of the roles, and what was decided on the way. */
export interface Resolution {
  readonly columns: ResolvedColumns;
  readonly notes: readonly ReadNote[];
}

/** Finds every role's column. Unknown, ambiguous and doubly used columns are errors that name the candidates. */
export function resolveColumns(frame: Frame, roles: ColumnRoles): Resolution {
  const { statedAt } = roles;
  const dated = (role: 'returns' | 'factorReturns'): FrameColumn | undefined => {
    const column = roles[role];
    if (column === undefined) return undefined;
    requireLag(statedAt(`${role}.lag`), column.lag);
    datedTiming(column, (key) => statedAt(`${role}.${key}`));
    return findColumn(frame, statedAt(`${role}.column`), column.column);
  };
  const timestamp = timestampColumn(frame, statedAt('timestamp'), roles.timestamp);
  const asset = assetColumn(frame, statedAt('asset'), roles.asset);
  requireDifferent(statedAt('asset'), asset, [timestamp], 'the timestamps');
  const returns = dated('returns');
  const factorReturns = dated('factorReturns');
  const prices = roles.prices === undefined ? undefined : findColumn(frame, statedAt('prices'), roles.prices);
  const delisting =
    roles.delisting?.column === undefined
      ? undefined
      : findColumn(frame, `${statedAt('delisting')}.column`, roles.delisting.column);
  const context = (roles.context ?? []).map((name, i) => findColumn(frame, `${statedAt('context')}[${i}]`, name));
  const keys = [timestamp, asset];
  const realisedLater = [
    ...(returns && roles.returns?.lag === 0 ? [returns] : []),
    ...(factorReturns && roles.factorReturns?.lag === 0 ? [factorReturns] : []),
    ...(delisting ? [delisting] : []),
  ];
  context.forEach((column, i) => {
    requireDifferent(`${statedAt('context')}[${i}]`, column, keys, 'timestamps or assets');
  });
  const taken = new Set([
    ...keys,
    ...context,
    ...[returns, factorReturns, prices, delisting].filter((c) => c !== undefined),
  ]);
  const { columns: characteristics, notes } = selectCharacteristics(
    frame,
    roles.characteristics ?? [],
    taken,
    statedAt('characteristics'),
    returns !== undefined || prices !== undefined,
  );
  characteristics.forEach((column, i) => {
    const field = `${statedAt('characteristics')}[${i}]`;
    requireDifferent(field, column, keys, 'timestamps or assets');
    requireDifferent(field, column, realisedLater, 'returns earned after the row date (lag 0), which is look-ahead');
  });
  requireUnique(statedAt('characteristics'), characteristics);
  requireUnique(statedAt('context'), context);
  return { columns: { timestamp, asset, returns, factorReturns, prices, delisting, characteristics, context }, notes };
}

function selectCharacteristics(
  frame: Frame,
  selection: CharacteristicSelection,
  taken: ReadonlySet<FrameColumn>,
  field: string,
  hasReturns: boolean,
): { readonly columns: readonly FrameColumn[]; readonly notes: readonly ReadNote[] } {
  if (isNameList(selection))
    return { columns: selection.map((name, i) => findColumn(frame, `${field}[${i}]`, name)), notes: [] };
  const excluded = new Set(selection.exclude.map((name, i) => findColumn(frame, `${field}.exclude[${i}]`, name)));
  const others = frame.columns.filter((column) => !taken.has(column) && !excluded.has(column));
  const isNumeric = ({ kind }: FrameColumn): boolean => kind === 'number' || kind === 'boolean';
  const columns = others.filter((column) => isNumeric(column) && !isIndexColumn(column));
  for (const column of columns) {
    const twin = frame.columns.find(
      (other) => other !== column && !excluded.has(other) && sameName(other.name, column.name),
    );
    if (twin)
      throw new SourceError({
        field,
        expected: 'columns whose names differ in more than case and spaces, where all that are left are taken',
        found: `${JSON.stringify(twin.name)} and ${JSON.stringify(column.name)} in ${frame.label}`,
        remedy: `Say which is meant: list the characteristics, or exclude one: [${JSON.stringify(column.name)}].`,
      });
  }
  const notes = notesOn(others, isNumeric);
  // A panel of returns alone is one: some models take nothing else. Text that may have been meant as numbers is not left out for that.
  const isHollow = frame.columns.every(({ isEmpty }) => isEmpty);
  if (columns.length === 0 && (!hasReturns || isHollow || others.some(mayBeNumbers)))
    throw noCharacteristic(frame, others);
  return { columns, notes };
}

/** What was left out though nobody said so. */
function notesOn(columns: readonly FrameColumn[], isNumeric: (column: FrameColumn) => boolean): readonly ReadNote[] {
  const note = (code: string, left: readonly FrameColumn[], why: string, remedy: string): ReadNote[] => {
    const names = left.map(({ name }) => name);
    return left.length === 0 ? [] : [{ code, columns: names, found: `left out ${names.join(', ')}: ${why}`, remedy }];
  };
  const indices = columns.filter((column) => isIndexColumn(column) && isNumeric(column));
  const rest = columns.filter((column) => !isIndexColumn(column) && !isNumeric(column));
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
      .flatMap((column) => {
        const { text, hasNumbers = false, kind, type } = column;
        if (text === undefined || !mayBeNumbers(column))
          return note(
            'not-numeric',
            [column],
            `not numbers but ${kind === 'other' ? `of type ${type}` : kindWords[kind]}`,
            'Exclude it.',
          );
        const why = `${hasNumbers ? 'not every value is a number' : 'its values are not plain numbers'}, ${JSON.stringify(text)} is none`;
        return note('not-numeric', [column], why, `${remedyForText(text)} If that is meant, exclude it.`);
      }),
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
  const meant = others.find(mayBeNumbers);
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
