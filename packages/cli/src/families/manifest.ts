import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { ConfigError } from '@ml4t/core';

/** What package.json of a family package says, as far as it matters here. */
export interface FamilyManifest {
  readonly packageName: string;
  readonly version: string;
  /** Model types of the package: known without importing it. */
  readonly models: readonly string[];
  /** The folder of the package. */
  readonly folder: string;
  /** The module that exports `family`. */
  readonly entry: string;
}

interface PackageJson {
  readonly name?: string;
  readonly version?: string;
  readonly exports?: unknown;
  readonly dependencies?: object;
  readonly devDependencies?: object;
  readonly optionalDependencies?: object;
  readonly ml4t?: unknown;
}

/**
 * The manifest of a package that says by an `ml4t` field that it has models:
 *
 *     "ml4t": { "models": ["gaussian-process"], "experiment": "./experiment" }
 *
 * `experiment` is a subpath of its exports, or, where it has none, a file.
 *
 * @param specifier name of a package, or an absolute path of its folder
 * @param from folders to look for it from, as Node does: in the `node_modules` of each and of those above
 * @returns undefined when there is no such package, or it has no such field
 * @throws ConfigError the field is not as it should be
 */
export function findManifest(specifier: string, from: readonly string[]): FamilyManifest | undefined {
  const folder = isAbsolute(specifier) ? specifier : installedFolder(specifier, from);
  const json = folder === undefined ? undefined : readJson(join(folder, 'package.json'));
  if (folder === undefined || json?.ml4t === undefined) return undefined;
  const { models, experiment } = (json.ml4t ?? {}) as { models?: unknown; experiment?: unknown };
  const names = Array.isArray(models) && models.length > 0 && models.every((each) => typeof each === 'string');
  if (!names || typeof experiment !== 'string' || typeof json.name !== 'string')
    throw new ConfigError({
      field: `${join(folder, 'package.json')}: ml4t`,
      expected: '{ "models": ["…"], "experiment": "./…" }, in a package with a name',
      found: JSON.stringify(json.ml4t),
      remedy: 'Correct the field: `models` are the model types, `experiment` is the export that has `family`.',
    });
  // Links of a package manager lead to one place, so that a module is loaded once.
  const real = realpathSync(folder);
  return {
    packageName: json.name,
    version: json.version ?? '',
    models: models as string[],
    folder: real,
    entry: entryOf(real, json, experiment),
  };
}

/** Packages that the project of a folder depends on: those of the nearest package.json. */
export function dependenciesOf(folder: string): readonly string[] {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const json = readJson(join(at, 'package.json'));
    if (json) return Object.keys({ ...json.dependencies, ...json.devDependencies, ...json.optionalDependencies });
    if (at === dirname(at)) return [];
  }
}

function installedFolder(name: string, from: readonly string[]): string | undefined {
  if (!/^(@[\w.-]+\/)?[\w.-]+$/.test(name) || name.startsWith('.')) return undefined;
  for (const start of from)
    for (let at = resolve(start); ; at = dirname(at)) {
      const folder = join(at, 'node_modules', name);
      if (existsSync(join(folder, 'package.json'))) return folder;
      if (at === dirname(at)) break;
    }
  return undefined;
}

/** TypeScript sources are loaded by tests of this repository alone. */
const conditions = [...(import.meta.url.endsWith('.ts') ? ['@ml4t/source'] : []), 'node', 'import', 'default'];

function entryOf(folder: string, { name, exports }: PackageJson, experiment: string): string {
  const target = exports === undefined ? experiment : targetOf((exports as Record<string, unknown>)[experiment]);
  const path = target === undefined ? undefined : join(folder, target);
  if (path !== undefined && existsSync(path)) return path;
  throw new ConfigError({
    field: `${name}: ml4t.experiment`,
    expected: exports === undefined ? 'a file of the package' : 'a subpath of the exports of the package',
    found: path === undefined ? JSON.stringify(experiment) : `${JSON.stringify(experiment)}, and no file ${path}`,
    remedy: 'Build the package, or correct the field.',
  });
}

function targetOf(target: unknown): string | undefined {
  if (typeof target === 'string') return target;
  if (target === null || typeof target !== 'object') return undefined;
  for (const [condition, value] of Object.entries(target))
    if (conditions.includes(condition)) {
      const found = targetOf(value);
      if (found !== undefined) return found;
    }
  return undefined;
}

function readJson(path: string): PackageJson | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  try {
    return JSON.parse(text) as PackageJson;
  } catch {
    return undefined;
  }
}
