import { createRequire } from 'node:module';

const core = createRequire(createRequire(import.meta.url).resolve('@ml4t/core/package.json'));

/** Whether @ml4t/core finds an optional package: rows of other engines are there where their package is. */
export function isInstalled(name) {
  try {
    return core.resolve(name) !== '';
  } catch {
    return false;
  }
}
