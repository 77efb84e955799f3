import * as z from 'zod';
import { ConfigError, describe } from './errors.ts';
import { nearestName } from './nearest-name.ts';

/** Fields that every configuration has. Models extend it with `extendConfig`. */
export const baseConfigSchema = z.strictObject({
  /** Seed of every random draw a model makes; equal seeds give equal bits. */
  seed: z.int().min(0).max(4294967295).default(42),
});

/**
 * Other names of fields: those of the Python package, and earlier ones of this. `to` is the field's name, `value` turns what was given
 * into what the field takes. They are read, and no schema has them.
 */
export type Aliases = Readonly<
  Record<string, string | { readonly to: string; readonly value: (given: never) => unknown }>
>;

/** A configuration's input in which fields may come under their aliases. */
export type WithAliases<A extends Aliases, Input> = Input & {
  readonly [K in keyof A]?: A[K] extends keyof Input
    ? Input[A[K]]
    : A[K] extends { readonly value: (given: infer Given) => unknown }
      ? Given
      : never;
};

/** What fits say of the configurations that were given under other names. */
const notes = new WeakMap<object, string>();

/**
 * Parses an untrusted configuration against a strict schema and freezes the result, deeply. Fields may come under their `aliases`;
 * {@link configNotes} tells a fit of it. Unknown keys, wrong types and values out of range are a ConfigError that names the key, the rule
 * and the remedy, and so are two names of one field.
 */
export function parseConfig<S extends z.ZodType>(
  schema: S,
  input: unknown,
  owner: string,
  aliases: Aliases = {},
): Readonly<z.output<S>> {
  const given: unknown = input ?? {};
  const { value, renamed } = withOwnNames(given, owner, aliases);
  const result = schema.safeParse(value);
  if (result.success) {
    const config = deepFreeze(result.data) as Readonly<z.output<S>>;
    const names = Object.entries(renamed).map(([to, from]) => `${from} as ${to}`);
    const note = names.length > 0 ? `Other names were read: ${names.join(', ')}.` : notes.get(given as object);
    if (note !== undefined) notes.set(config as object, note);
    return config;
  }
  // A misspelt key shows up twice: as unknown, and as missing under its right name. The first says more.
  const issues = result.error.issues;
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  throw configErrorFrom(issue, value, owner, schema, renamed);
}

/** What the summary of a fit has to say of its configuration: that fields came under other names, if they did. */
export function configNotes(config: object): string[] {
  const note = notes.get(config);
  return note === undefined ? [] : [note];
}

/** The input under the names of the schema, and by name of the schema the name that was given. */
function withOwnNames(
  input: unknown,
  owner: string,
  aliases: Aliases,
): { readonly value: unknown; readonly renamed: Readonly<Record<string, string>> } {
  if (typeof input !== 'object' || input === null || !Object.keys(input).some((key) => Object.hasOwn(aliases, key)))
    return { value: input, renamed: {} };
  const value: Record<string, unknown> = {};
  const renamed: Record<string, string> = {};
  const names = new Map<string, string>();
  for (const [key, given] of Object.entries(input)) {
    const alias = Object.hasOwn(aliases, key) ? aliases[key] : key;
    const { to, value: convert } = typeof alias === 'string' ? { to: alias, value: undefined } : alias;
    const other = names.get(to);
    if (other !== undefined)
      throw new ConfigError({
        field: `${owner}.${to}`,
        expected: 'one name of the field',
        found: `${other} and ${key}`,
        remedy: `Leave ${other === to ? key : other} out.`,
      });
    names.set(to, key);
    if (key !== to) renamed[to] = key;
    value[to] = convert && given !== undefined ? convert(given as never) : given;
  }
  return { value, renamed };
}

/** The JSON Schema of a configuration's input, for editors and tools. */
export function configJsonSchema(schema: z.ZodType): Record<string, unknown> {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Record<string, unknown>;
}

/** Freezes plain objects and arrays all the way down; typed arrays and class instances stay as they are. */
export function deepFreeze<T>(value: T): T {
  if (Array.isArray(value) || (value !== null && typeof value === 'object' && isPlain(value))) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function configErrorFrom(
  issue: z.core.$ZodIssue,
  input: unknown,
  owner: string,
  schema: z.ZodType,
  renamed: Readonly<Record<string, string>>,
): ConfigError {
  // Under the name that was given.
  const [head = '', ...rest] = issue.path;
  const own = Object.hasOwn(renamed, head) ? [renamed[String(head)], ...rest] : issue.path;
  const path = own.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  if (issue.code === 'unrecognized_keys') {
    const allowed = allowedKeys(schema, issue.path);
    const key = issue.keys[0];
    const near = nearestName(key, allowed);
    return new ConfigError({
      field: `${owner}${path}.${key}`,
      expected: allowed.length > 0 ? `one of ${allowed.join(', ')}` : 'a known key',
      found: `the unknown key ${JSON.stringify(key)}`,
      remedy: near ? `Did you mean ${near}?` : 'Remove it or correct its spelling.',
    });
  }
  // A text may stand for an object that it names: then it is what was found.
  const found = issue.path.reduce<unknown>(
    (value, part) => (typeof value === 'string' ? value : (value as Record<PropertyKey, unknown> | undefined)?.[part]),
    input,
  );
  return new ConfigError({
    field: `${owner}${path}`,
    expected: expectation(issue),
    found: found === undefined ? 'nothing' : describe(found),
    remedy: found === undefined ? 'Add the key.' : correction(issue, found),
  });
}

function correction(issue: z.core.$ZodIssue, found: unknown): string {
  const allowed = issue.code === 'invalid_value' ? issue.values.filter((value) => typeof value === 'string') : [];
  const near = typeof found === 'string' ? nearestName(found, allowed) : undefined;
  return near ? `Did you mean ${near}?` : 'Correct the value.';
}

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'int' ? 'a whole number' : `a value of type ${issue.expected}`;
    case 'too_small':
      return `${sizeOf(issue.origin)}${issue.inclusive ? '>=' : '>'} ${issue.minimum}`;
    case 'too_big':
      return `${sizeOf(issue.origin)}${issue.inclusive ? '<=' : '<'} ${issue.maximum}`;
    case 'invalid_value':
      return issue.values.length === 1
        ? describe(issue.values[0])
        : `one of ${issue.values.map((v) => describe(v)).join(', ')}`;
    default:
      return issue.message;
  }
}

function sizeOf(origin: string): string {
  return origin === 'array' || origin === 'string' ? 'a length ' : 'a number ';
}

function allowedKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let node: unknown = configJsonSchema(schema);
  for (const part of path) {
    const at = node as { properties?: Record<string, unknown>; items?: unknown } | undefined;
    node = typeof part === 'number' ? at?.items : at?.properties?.[String(part)];
  }
  return Object.keys((node as { properties?: object } | undefined)?.properties ?? {});
}
