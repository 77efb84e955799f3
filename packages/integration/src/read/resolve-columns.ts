import { ConfigError, SourceError, describe, nearestName } from '@ml4t/core';
import type { ColumnRoles } from './column-roles.ts';
import { datedTiming } from './return-timing.ts';
import type { Frame, FrameColumn } from './frame.ts';
import type { CharacteristicSelection } from './options.ts';

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

/** Finds every role's column. Unknown, ambiguous and doubly used columns are errors that name the candidates. */
export function resolveColumns(frame: Frame, roles: ColumnRoles): ResolvedColumns {
  const { statedAt } = roles;
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
  const characteristics = selectCharacteristics(frame, roles.characteristics ?? [], taken, statedAt('characteristics'));
  characteristics.forEach((column, i) => {
    const field = `${statedAt('characteristics')}[${i}]`;
    requireDifferent(field, column, keys, 'timestamps or assets');
    requireDifferent(field, column, realisedLater, 'returns earned after the row date (lag 0), which is look-ahead');
  });
  requireUnique(statedAt('characteristics'), characteristics);
  requireUnique(statedAt('context'), context);
  return { timestamp, asset, returns, factorReturns, prices, characteristics, context };
}

function selectCharacteristics(
  frame: Frame,
  selection: CharacteristicSelection,
  taken: ReadonlySet<FrameColumn>,
  field: string,
): readonly FrameColumn[] {
  if (isNameList(selection)) return selection.map((name, i) => findColumn(frame, `${field}[${i}]`, name));
  const excluded = new Set(selection.exclude.map((name, i) => findColumn(frame, `${field}.exclude[${i}]`, name)));
  const rest = frame.columns.filter(
    (column) => (column.kind === 'number' || column.kind === 'boolean') && !taken.has(column) && !excluded.has(column),
  );
  if (rest.length === 0)
    throw new SourceError({
      field: 'columns.characteristics',
      expected: 'at least one numeric column without another role',
      found: `the columns ${present(frame, true)}`,
      remedy: 'Exclude fewer columns, or name the characteristics. Of a file without rows every column is text.',
    });
  return rest;
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

function byNameOrAlias(frame: Frame, field: string, name: string | undefined, aliases: readonly string[]): FrameColumn {
  if (name !== undefined) return findColumn(frame, field, name);
  const candidates = frame.columns.filter((column) => aliases.includes(column.name.toLowerCase()));
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
  const folded = frame.columns.filter((column) => column.name.toLowerCase() === name.toLowerCase());
  if (folded.length === 1) return folded[0];
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
