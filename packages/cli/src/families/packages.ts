import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ConfigError, MissingPackageError } from '@ml4t/core';
import { describe, nearestName } from '@ml4t/core/authoring';
import type { Family } from '@ml4t/core/experiment';
import { dependenciesOf, findManifest, type FamilyManifest } from './manifest.ts';
import { ownPackages } from './own-packages.ts';

/** A package with models, installed or not. */
export interface FamilyPackage {
  readonly packageName: string;
  /** Known without importing the package, so that the error can name what to install. */
  readonly modelTypes: readonly string[];
  /** Of the package as installed. */
  readonly version?: string | undefined;
  /** What brings it to another thread or machine: its name, or the folder that it is in. */
  readonly specifier?: string | undefined;
  load(): Promise<Family>;
}

export interface WhereToLook {
  /** Packages, or absolute paths of their folders, that have to be there. */
  readonly plugins?: readonly string[] | undefined;
  /** Folders of projects: their dependencies that have models are found without being named. This process's where absent. */
  readonly from?: readonly string[] | undefined;
}

/**
 * The packages with models that there are: those of this repository, those named as plug-ins, and dependencies of a project whose
 * package.json has an `ml4t` field. Nothing is imported before a model of it is asked for.
 *
 * @throws ConfigError a plug-in is not there or has no models, or two packages have a model of one name
 */
export function findFamilies({ plugins = [], from = [process.cwd()] }: WhereToLook = {}): readonly FamilyPackage[] {
  const here = dirname(fileURLToPath(import.meta.url));
  const found = new Map<string, FamilyPackage>();
  const add = (specifier: string, manifest: FamilyManifest | undefined): void => {
    if (manifest && !found.has(manifest.packageName)) found.set(manifest.packageName, installed(specifier, manifest));
  };
  for (const [name, models] of Object.entries(ownPackages)) {
    const manifest = findManifest(name, [here, ...from]);
    found.set(name, manifest ? installed(name, manifest) : notInstalled(name, models));
  }
  for (const [i, plugin] of plugins.entries()) {
    const manifest = findManifest(plugin, [...from, here]);
    if (!manifest) throw noPlugin(i, plugin);
    add(plugin, manifest);
  }
  for (const folder of from) for (const name of dependenciesOf(folder)) add(name, findManifest(name, [folder]));
  const families = [...found.values()];
  requireOneHome(families);
  return families;
}

/** The package that has the model type. Throws ConfigError for an unknown type. */
export function packageOf(
  type: string,
  field: string,
  packages: readonly FamilyPackage[] = findFamilies(),
): FamilyPackage {
  const home = packages.find(({ modelTypes }) => modelTypes.includes(type));
  if (home) return home;
  const types = packages.flatMap(({ modelTypes }) => modelTypes);
  const near = nearestName(type, types);
  throw new ConfigError({
    field,
    expected: `one of ${types.join(', ')}`,
    found: JSON.stringify(type),
    remedy:
      near === undefined
        ? 'Correct the model type; or name the package that has it under `plugins`.'
        : `Did you mean ${near}?`,
  });
}

/** The family that has the model type. Throws ConfigError for an unknown type, MissingPackageError when not installed. */
export async function familyOf(
  type: string,
  field: string,
  packages: readonly FamilyPackage[] = findFamilies(),
): Promise<Family> {
  const home = packageOf(type, field, packages);
  try {
    return await home.load();
  } catch (cause) {
    // One that is there and lacks something itself says so.
    if (home.version !== undefined || !isNotInstalled(cause)) throw cause;
    throw new MissingPackageError(home.packageName, `the model ${type} is part of it`, cause);
  }
}

function installed(specifier: string, manifest: FamilyManifest): FamilyPackage {
  const { packageName, models, version } = manifest;
  return { packageName, modelTypes: models, version, specifier, load: () => loadFamily(manifest) };
}

function notInstalled(packageName: string, modelTypes: readonly string[]): FamilyPackage {
  const missing = Object.assign(new Error(`no package ${packageName}`), { code: 'ERR_MODULE_NOT_FOUND' });
  return { packageName, modelTypes, load: () => Promise.reject(missing) };
}

async function loadFamily({ packageName, models, entry }: FamilyManifest): Promise<Family> {
  // Tests of this repository run sources, which have no addresses of modules.
  const module = (await import(import.meta.url.endsWith('.ts') ? entry : pathToFileURL(entry).href)) as {
    family?: Partial<Family>;
  };
  const { family } = module;
  const missing = models.filter((type) => !family?.models?.some(({ modelType }) => modelType === type));
  if (typeof family?.createEstimator === 'function' && missing.length === 0) return family as Family;
  throw new ConfigError({
    field: `${packageName} (${entry})`,
    expected: `an export \`family\` with the models ${models.join(', ')}`,
    found: missing.length > 0 && family?.models ? `none of ${missing.join(', ')}` : describe(family),
    remedy: 'Correct the package: its `ml4t` field names the models that its family has.',
  });
}

function requireOneHome(families: readonly FamilyPackage[]): void {
  const homes = new Map<string, string>();
  for (const { packageName, modelTypes } of families)
    for (const type of modelTypes) {
      const other = homes.get(type);
      if (other !== undefined)
        throw new ConfigError({
          field: `model type ${type}`,
          expected: 'one package that has it',
          found: `two: ${other} and ${packageName}`,
          remedy: 'Remove one of them.',
        });
      homes.set(type, packageName);
    }
}

function noPlugin(position: number, plugin: string): ConfigError {
  return new ConfigError({
    field: `experiment.plugins[${position}]`,
    expected: 'a package that is installed, or its folder, with an `ml4t` field in its package.json',
    found: JSON.stringify(plugin),
    remedy: 'Install it beside the experiment, or correct the name.',
  });
}

function isNotInstalled(cause: unknown): boolean {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
}
