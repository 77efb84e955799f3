import { ConfigError, describe } from '@ml4t/core';
import { datedColumnOf, namesIn, readMetadata, textOf, type DatasetMetadata } from '../schema/dataset-metadata.ts';
import type { CharacteristicSelection, DatedColumn, TimestampFormat } from './options.ts';

/** What a caller of any reader may state. */
export interface StatedColumns {
  readonly metadata?: DatasetMetadata | undefined;
  readonly timestamp?: string | undefined;
  readonly timestampFormat?: TimestampFormat | undefined;
  readonly asset?: string | undefined;
  readonly returns?: DatedColumn | undefined;
  readonly factorReturns?: DatedColumn | undefined;
  readonly prices?: string | undefined;
  readonly characteristics?: CharacteristicSelection | undefined;
  readonly context?: readonly string[] | undefined;
}

/** The roles of columns, as the caller or the metadata of the dataset state them. */
export interface ColumnRoles extends Omit<StatedColumns, 'metadata'> {
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
  | 'characteristics'
  | 'context';

const timestampFormats: readonly string[] = ['yyyymm', 'yyyymmdd', 'epoch-seconds', 'epoch-milliseconds'];

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
  const { metadata, ...stated } = columns;
  if (metadata === undefined) return { ...stated, statedAt: (role) => `${field}.${role}` };
  const entries = readMetadata(metadata, `${field}.metadata`);
  const places = new Map<StatedRole, string>();
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
    (columns.returns ?? returns)
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

function requireFormat(format: string | undefined, field: string | undefined): TimestampFormat | undefined {
  if (format === undefined || timestampFormats.includes(format)) return format as TimestampFormat | undefined;
  throw new ConfigError({
    field: field ?? 'columns.timestampFormat',
    expected: `one of ${timestampFormats.join(', ')}`,
    found: describe(format),
    remedy: 'Choose one of these, or leave it out for dates, timestamps and ISO text.',
  });
}
