import { createRequire } from 'node:module';

/** This package's version, for run records and artifacts. */
export function packageVersion(): string {
  return (createRequire(import.meta.url)('../package.json') as { version: string }).version;
}
