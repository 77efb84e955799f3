import { ConfigError, MissingPackageError, nearestName } from '@ml4t/core';
import type { Family, FamilyPackage } from './family.ts';
import { latentFactors } from './latent-factors.ts';
import { portfolios } from './portfolio.ts';
import { supervisedAutoencoders } from './sae.ts';
import { discountFactors } from './sdf.ts';

/** The packages that `ml4t` knows. Each is an optional peer dependency. */
export const familyPackages: readonly FamilyPackage[] = Object.freeze([
  latentFactors,
  discountFactors,
  supervisedAutoencoders,
  portfolios,
]);

/** The package that has the model type. Throws ConfigError for an unknown type. */
export function packageOf(
  type: string,
  field: string,
  packages: readonly FamilyPackage[] = familyPackages,
): FamilyPackage {
  const home = packages.find(({ modelTypes }) => modelTypes.includes(type));
  if (home) return home;
  const types = packages.flatMap(({ modelTypes }) => modelTypes);
  const near = nearestName(type, types);
  throw new ConfigError({
    field,
    expected: `one of ${types.join(', ')}`,
    found: JSON.stringify(type),
    remedy: near === undefined ? 'Correct the model type.' : `Did you mean ${near}?`,
  });
}

/** The family that has the model type. Throws ConfigError for an unknown type, MissingPackageError when not installed. */
export async function familyOf(
  type: string,
  field: string,
  packages: readonly FamilyPackage[] = familyPackages,
): Promise<Family> {
  const home = packageOf(type, field, packages);
  try {
    return await home.load();
  } catch (cause) {
    if (!isNotInstalled(cause)) throw cause;
    throw new MissingPackageError(home.packageName, `the model ${type} is part of it`, cause);
  }
}

function isNotInstalled(cause: unknown): boolean {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
}
