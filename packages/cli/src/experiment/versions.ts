import { createRequire } from 'node:module';
import { ConfigError } from '@ml4t/core';
import { availableArithmetic } from '@ml4t/core/engine';
import type { FamilyPackage } from '../families/packages.ts';
import { packageVersion } from '../version.ts';
import type { Task } from './task.ts';

/** Versions of the packages that do the work, and the arithmetic of the default engine: under another Node it may round otherwise. */
export function versionsOf({ packageName, version }: FamilyPackage): Record<string, string> {
  const require = createRequire(import.meta.url);
  return {
    '@ml4t/core': (require('@ml4t/core/package.json') as { version: string }).version,
    '@ml4t/cli': packageVersion(),
    ...(version === undefined ? {} : { [packageName]: version }),
    arithmetic: availableArithmetic(),
  };
}

/** Throws ConfigError unless a task has here the packages and the arithmetic that it was planned with. */
export function requireVersions({ versions }: Pick<Task, 'versions'>, family: FamilyPackage): void {
  const here = versionsOf(family);
  for (const [name, version] of Object.entries(versions))
    if (here[name] !== version)
      throw new ConfigError({
        field: name,
        expected: `${version}, which the task was planned with`,
        found: here[name] ?? 'none',
        remedy: 'Install the same versions, and run the same Node, on every machine; or plan the experiment again.',
      });
}
