import { ConfigError } from '@ml4t/core';
import { describe, editDistance } from '@ml4t/core/authoring';

/**
 * What a platform knows about a dataset, as its catalogue keeps it: `schema` names columns, `semantics` says what they
 * mean. Two other shapes are taken as well: the same keys without sections, and either of these under `metadata`. Keys
 * may be spelt `timestamp`, `timestampColumn` or `timestamp_col`; those that have no meaning here are left alone.
 */
export interface DatasetMetadata {
  readonly schema?: object | undefined;
  readonly semantics?: object | undefined;
  readonly metadata?: object | undefined;
  readonly [key: string]: unknown;
}

/** The names of each role, folded: lower case, without separators and without a final `col` or `column`. */
const namesOfRole = {
  timestamp: ['timestamp', 'time', 'datetime', 'date'],
  timestampFormat: ['timestampformat', 'dateformat'],
  asset: ['asset', 'assetid', 'entity', 'symbol', 'ticker', 'instrument', 'security', 'group'],
  returns: ['returns', 'return', 'ret'],
  factorReturns: ['factorreturns', 'factorreturn'],
  characteristics: ['characteristics', 'characteristic', 'features', 'feature'],
  context: ['context', 'contextfeatures', 'macro'],
  price: ['price', 'prices'],
  open: ['open'],
  high: ['high'],
  low: ['low'],
  close: ['close'],
  volume: ['volume'],
  vwap: ['vwap'],
  bid: ['bid'],
  ask: ['ask'],
  mid: ['mid'],
  bidSize: ['bidsize'],
  askSize: ['asksize'],
  calendar: ['calendar'],
  timezone: ['timezone'],
  dataFrequency: ['datafrequency', 'frequency'],
  barType: ['bartype'],
  timestampSemantics: ['timestampsemantics'],
  sessionStartTime: ['sessionstarttime'],
} as const;

export type MetadataRole = keyof typeof namesOfRole;

const roleOfName = new Map<string, MetadataRole>(
  Object.entries(namesOfRole).flatMap(([role, names]) => names.map((name) => [name, role as MetadataRole] as const)),
);

/** An entry of the metadata, and where it stands: `metadata.schema.timestamp_col`. */
export interface MetadataEntry {
  readonly value: unknown;
  readonly field: string;
}

export type MetadataEntries = Partial<Readonly<Record<MetadataRole, readonly MetadataEntry[]>>>;

/**
 * Finds every role that the metadata speaks of, in the order of its sections.
 *
 * @param field how messages call the metadata
 * @throws ConfigError the metadata or a section is no object, or a key is one letter off a known one
 */
export function readMetadata(metadata: unknown, field: string): MetadataEntries {
  const whole = requireObject(metadata, field);
  if (isStated(whole.metadata)) return readMetadata(whole.metadata, `${field}.metadata`);
  const isNested = isStated(whole.schema) || isStated(whole.semantics);
  const sections = isNested
    ? (['schema', 'semantics'] as const)
        .filter((name) => isStated(whole[name]))
        .map((name) => ({ path: `${field}.${name}`, content: requireObject(whole[name], `${field}.${name}`) }))
    : [{ path: field, content: whole }];
  const entries: Partial<Record<MetadataRole, MetadataEntry[]>> = {};
  for (const { path, content } of sections)
    for (const [key, value] of Object.entries(content)) {
      const role = roleOfName.get(folded(key));
      if (role === undefined) {
        if (typeof value === 'string') refuseSlip(`${path}.${key}`, key);
      } else if (isStated(value)) (entries[role] ??= []).push({ value, field: `${path}.${key}` });
    }
  return entries;
}

/**
 * The one text that the metadata states for a role; a list of one text will do.
 *
 * @throws ConfigError it is something else, or stated twice in different ways
 */
export function textOf(entries: MetadataEntries, role: MetadataRole): (MetadataEntry & { value: string }) | undefined {
  const texts = (entries[role] ?? []).map(({ value, field }) => {
    const text: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
    if (typeof text !== 'string' || text === '')
      throw new ConfigError({
        field,
        expected: 'one text',
        found: describe(value),
        remedy: 'Name one column, or say it in words.',
      });
    return { value: text, field };
  });
  return single(texts, (a, b) => a === b);
}

/** The list of column names, or one name, that the metadata states for a role. */
export function namesIn(
  entries: MetadataEntries,
  role: MetadataRole,
): (MetadataEntry & { value: readonly string[] }) | undefined {
  const lists = (entries[role] ?? []).map(({ value, field }) => {
    const list: unknown = typeof value === 'string' ? [value] : value;
    if (!Array.isArray(list) || !list.every((name): name is string => typeof name === 'string'))
      throw new ConfigError({
        field,
        expected: 'a list of column names',
        found: describe(value),
        remedy: 'Name the columns.',
      });
    return { value: list, field };
  });
  return single(lists, (a, b) => a.join('\n') === b.join('\n'));
}

/**
 * A column of returns: its name may stand in one section and its dating in another, as `{ lag }`, `{ column, lag, horizon }` or
 * a number, the lag. `horizon` and `realisationLag` are those of {@link DatedColumn}, unchecked.
 *
 * @throws ConfigError the metadata names a column and does not say how it is dated
 */
export function datedColumnOf(
  entries: MetadataEntries,
  role: 'returns' | 'factorReturns',
):
  | (Readonly<Partial<Record<'horizon' | 'realisationLag', MetadataEntry>>> & {
      readonly column: MetadataEntry & { value: string };
      readonly lag: MetadataEntry;
    })
  | undefined {
  const columns: MetadataEntry[] = [];
  const timing: Record<'lag' | 'horizon' | 'realisationLag', MetadataEntry[]> = {
    lag: [],
    horizon: [],
    realisationLag: [],
  };
  for (const { value, field } of entries[role] ?? []) {
    if (typeof value === 'number') timing.lag.push({ value, field });
    else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      const stated = value as Readonly<Record<string, unknown>>;
      if (isStated(stated.column)) columns.push({ value: stated.column, field: `${field}.column` });
      for (const key of ['lag', 'horizon', 'realisationLag'] as const)
        if (isStated(stated[key])) timing[key].push({ value: stated[key], field: `${field}.${key}` });
    } else columns.push({ value, field });
  }
  const column = textOf({ [role]: columns }, role);
  if (column === undefined) return undefined;
  const [lag, horizon, realisationLag] = (['lag', 'horizon', 'realisationLag'] as const).map((key) =>
    single(timing[key], (a, b) => a === b),
  );
  if (lag === undefined)
    throw new ConfigError({
      field: column.field,
      expected: `its dating in the semantics: ${role}: { lag }`,
      found: `the column ${JSON.stringify(column.value)} alone`,
      remedy:
        'Say lag 0 when the column holds the return earned after its date, 1 when it holds the return that ends at it.',
    });
  return { column, lag, ...(horizon && { horizon }), ...(realisationLag && { realisationLag }) };
}

function single<E extends MetadataEntry>(
  found: readonly E[],
  equal: (a: E['value'], b: E['value']) => boolean,
): E | undefined {
  const [first, ...others] = found;
  const other = others.find(({ value }) => !equal(first.value, value));
  if (other)
    throw new ConfigError({
      field: other.field,
      expected: `what ${first.field} says, ${describe(first.value)}`,
      found: describe(other.value),
      remedy: 'State it once.',
    });
  return first;
}

const isStated = (value: unknown): boolean => value !== undefined && value !== null;

const folded = (key: string): string =>
  key
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')
    .replace(/(?<=.)(columns?|cols?)$/, '');

/** A text whose key is one letter off a known one is a slip; any other belongs to somebody else. */
function refuseSlip(field: string, key: string): void {
  const name = folded(key);
  const near = name.length < 5 ? undefined : [...roleOfName.keys()].find((known) => editDistance(name, known) === 1);
  if (near !== undefined)
    throw new ConfigError({
      field,
      expected: `one of the known keys, or another name`,
      found: JSON.stringify(key),
      remedy: `Did you mean ${JSON.stringify(near)}?`,
    });
}

function requireObject(value: unknown, field: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new ConfigError({
    field,
    expected: 'an object with the sections schema and semantics, or with their keys',
    found: describe(value),
    remedy: 'Pass the metadata of the dataset as an object; parse YAML or JSON first.',
  });
}
