import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

/** Lines of the sources in a folder that import something of a name, but not for its types alone. */
function importing(folder: string, name: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return files.flatMap((file) =>
    readFileSync(join(folder, file), 'utf8')
      .split('\n')
      .filter((line) => line.includes(name) && !line.startsWith('import type')),
  );
}

describe('importing the package', () => {
  const source = join(import.meta.dirname ?? __dirname, '..', '..', 'src');
  const core = join(source, '..', '..', 'core', 'src');

  it('loads no engine: only type imports name it', () => {
    expect(importing(source, "'@ml4t/core/engine'")).toEqual([]);
  });

  it('nor does the base of its networks, but by one dynamic import', () => {
    expect(importing(join(core, 'ensemble'), "'../engine/index.ts'")).toEqual([
      "  const { resolveEngine } = await import('../engine/index.ts');",
    ]);
    expect(importing(join(core, 'train'), "'../engine/index.ts'")).toEqual([]);
  });
});
