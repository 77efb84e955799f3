import * as z from 'zod';
import { ConfigError, describe } from './errors.ts';
import { nearestName } from './nearest-name.ts';

/** Fields that every configuration has. Models extend it with `extendConfig`. */
export const baseConfigSchema = z.strictObject({
  /** Seed of every random draw a model makes; equal seeds give equal bits. */
  seed: z.int().min(0).max(4294967295).default(42),
});

/**
 * Parses an untrusted configuration against a strict schema and freezes the result, deeply.
 * Unknown keys, wrong types and values out of range are a ConfigError that names the key, the rule and the remedy.
 */
export function parseConfig<S extends z.ZodType>(schema: S, input: unknown, owner: string): Readonly<z.output<S>> {
  const result = schema.safeParse(input ?? {});
  if (result.success) return deepFreeze(result.data) as Readonly<z.output<S>>;
  // A misspelt key shows up twice: as unknown, and as missing under its right name. The first says more.
  const issues = result.error.issues;
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  throw configErrorFrom(issue, input, owner, schema);
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

function configErrorFrom(issue: z.core.$ZodIssue, input: unknown, owner: string, schema: z.ZodType): ConfigError {
  const path = issue.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
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
