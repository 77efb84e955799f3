import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

describe('importing the package', () => {
  it('loads no engine: only type imports and one dynamic import name it', () => {
    const source = join(import.meta.dirname ?? __dirname, '..', '..', 'src');
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    const naming = files.flatMap((file) =>
      readFileSync(join(source, file), 'utf8')
        .split('\n')
        .filter((line) => line.includes("'@ml4t/core/engine'") && !line.startsWith('import type')),
    );
    expect(naming).toEqual(["  const { resolveEngine } = await import('@ml4t/core/engine');"]);
  });
});
