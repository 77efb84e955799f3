import { ConfigError } from '@ml4t/core';
import { describe } from '@ml4t/core/authoring';
import { datedColumnOf, namesIn, readMetadata, textOf, type DatasetMetadata } from '../schema/dataset-metadata.ts';
import type { Delisting, ReturnsColumn } from './options.ts';
import type { CharacteristicSelection, DatedColumn, TimestampFormat } from './source-options.ts';

/** What a caller of any reader may state. */
export interface StatedColumns {
  readonly metadata?: DatasetMetadata | undefined;
  readonly timestamp?: string | undefined;
  readonly timestampFormat?: TimestampFormat | undefined;
  readonly asset?: string | undefined;
  readonly layout?: 'long' | 'wide' | undefined;
  readonly returns?: ReturnsColumn | undefined;
  readonly factorReturns?: DatedColumn | undefined;
  readonly delisting?: Delisting | undefined;
  readonly prices?: string | undefined;
  readonly characteristics?: CharacteristicSelection | undefined;
  readonly context?: readonly string[] | undefined;
}

/** A column that the return after each row's date is found in: returns, or prices of which they are made. */
export interface ForwardColumn extends DatedColumn {
  readonly isPrice?: boolean;
}

/** The roles of columns, as the caller or the metadata of the dataset state them. */
export interface ColumnRoles extends Omit<StatedColumns, 'metadata' | 'returns'> {
  readonly returns?: ForwardColumn | undefined;
  /** The one column that is read, of a source with one row for each date and no assets. */
  readonly series?: string | undefined;
  /** Where a role was stated, for messages: `columns.timestamp`, `columns.metadata.schema.timestamp_col`. */
  readonly statedAt: (role: StatedRole) => string;
}

export type StatedRole =
  | 'timestamp'
  | 'timestampFormat'
  | 'asset'
  | 'returns.column'
  | `${'returns' | 'factorReturns'}.${'lag' | 'horizon' | 'realisationLag'}`
  | 'factorReturns.column'
  | 'prices'
  | 'delisting'
  | 'characteristics'
  | 'context';

const timestampFormats: readonly string[] = [
  'yyyymm',
  'yyyymmdd',
  'epoch-seconds',
  'epoch-milliseconds',
  'excel-serial',
];

/**
 * The roles of columns: as stated, else as the metadata of the dataset says. Roles that the caller's kind of batch does
 * not know are left out.
 *
 * @param known the roles that the batch has
 * @param field how messages call the columns
 */
export function columnRoles(
  columns: StatedColumns,
  known: ReadonlySet<keyof StatedColumns>,
  field = 'columns',
): ColumnRoles {
  const { metadata, ...others } = columns;
  const places = new Map<StatedRole, string>();
  const stated = { ...others, returns: forwardColumn(others.returns, `${field}.returns`, places) };
  if (metadata === undefined) return { ...stated, statedAt: (role) => places.get(role) ?? `${field}.${role}` };
  const entries = readMetadata(metadata, `${field}.metadata`);
  const unless = <V>(role: keyof StatedColumns, find: () => V | undefined): V | undefined =>
    columns[role] !== undefined || !known.has(role) ? undefined : find();
  const text = (role: 'timestamp' | 'asset' | 'timestampFormat'): string | undefined =>
    unless(role, () => {
      const found = textOf(entries, role);
      if (found) places.set(role, found.field);
      return found?.value;
    });
  const dated = (role: 'returns' | 'factorReturns'): DatedColumn | undefined =>
    unless(role, () => {
      const found = datedColumnOf(entries, role);
      if (!found) return undefined;
      places.set(`${role}.column`, found.column.field);
      for (const key of ['lag', 'horizon', 'realisationLag'] as const) {
        const entry = found[key];
        if (entry) places.set(`${role}.${key}`, entry.field);
      }
      // Checked with the other columns, where messages can name the place.
      return {
        column: found.column.value,
        lag: found.lag.value as number,
        horizon: found.horizon?.value as number | undefined,
        realisationLag: found.realisationLag?.value as number | undefined,
      };
    });
  const names = (role: 'characteristics' | 'context'): readonly string[] | undefined =>
    unless(role, () => {
      const found = namesIn(entries, role);
      if (found) places.set(role, found.field);
      return found?.value;
    });
  const returns = dated('returns');
  const prices =
    // Returns say how they are dated; a price may be one that is not adjusted.
    (stated.returns ?? returns)
      ? undefined
      : unless('prices', () => {
          const found = textOf(entries, 'price') ?? textOf(entries, 'close');
          if (found) places.set('prices', found.field);
          return found?.value;
        });
  const fromMetadata = {
    timestamp: text('timestamp'),
    asset: text('asset'),
    timestampFormat: requireFormat(text('timestampFormat'), places.get('timestampFormat')),
    returns,
    factorReturns: dated('factorReturns'),
    prices,
    characteristics: names('characteristics'),
    context: names('context'),
  };
  const given = Object.fromEntries(Object.entries(stated).filter(([, value]) => value !== undefined));
  return { ...fromMetadata, ...given, statedAt: (role) => places.get(role) ?? `${field}.${role}` };
}

/** Returns as a column with its dating. Of prices, the return from a date to `horizon` later is known as soon as the later price. */
function forwardColumn(
  returns: ReturnsColumn | undefined,
  field: string,
  places: Map<StatedRole, string>,
): ForwardColumn | undefined {
  if (typeof returns !== 'object' || !('prices' in returns) || returns.prices === undefined)
    return returns as DatedColumn;
  const { prices, horizon = 1, ...others } = returns;
  const other = Object.entries(others).find(([, value]) => value !== undefined);
  if (other)
    throw new ConfigError({
      field: `${field}.${other[0]}`,
      expected: 'nothing beside prices and horizon',
      found: describe(other[1]),
      remedy: 'Returns are those of a column, with its lag, or are made of prices.',
    });
  if (!Number.isInteger(horizon) || horizon < 1)
    throw new ConfigError({
      field: `${field}.horizon`,
      expected: 'a whole number of dates >= 1',
      found: describe(horizon),
      remedy: 'Leave it out for the return from each date to the next.',
    });
  places.set('returns.column', `${field}.prices`);
  return { column: prices, lag: horizon, isPrice: true };
}

function requireFormat(format: string | undefined, field: string | undefined): TimestampFormat | undefined {
  if (format === undefined || timestampFormats.includes(format)) return format as TimestampFormat | undefined;
  throw new ConfigError({
    field: field ?? 'columns.timestampFormat',
    expected: `one of ${timestampFormats.join(', ')}`,
    found: describe(format),
    remedy: 'Choose one of these, or leave it out for dates, timestamps and ISO text.',
  });
}
