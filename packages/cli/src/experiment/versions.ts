import { createRequire } from 'node:module';
import { ConfigError } from '@ml4t/core';
import { availableArithmetic } from '@ml4t/core/engine';
import type { Task } from './task.ts';

/** Versions of the packages as installed, and the arithmetic of the default engine; a package that has no manifest to read has none. */
export function versionsOf(packages: readonly string[]): Record<string, string> {
  const require = createRequire(import.meta.url);
  const versions = packages.flatMap((name) => {
    try {
      return [[name, (require(`${name}/package.json`) as { version: string }).version]];
    } catch {
      return [];
    }
  });
  return { ...Object.fromEntries(versions), arithmetic: availableArithmetic() };
}

/** Throws ConfigError unless a task has here the packages and the arithmetic that it was planned with. */
export function requireVersions({ versions }: Pick<Task, 'versions'>): void {
  const here = versionsOf(Object.keys(versions).filter((name) => name !== 'arithmetic'));
  for (const [name, version] of Object.entries(versions))
    if (here[name] !== version)
      throw new ConfigError({
        field: name,
        expected: `${version}, which the task was planned with`,
        found: here[name] ?? 'none',
        remedy: 'Install the same versions, and run the same Node, on every machine; or plan the experiment again.',
      });
}
