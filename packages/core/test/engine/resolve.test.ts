import { describe, expect, it } from '@jest/globals';
import { ConfigError, EngineError } from '../../src/errors.ts';
import { resolveEngine } from '../../src/engine/index.ts';
import type { EngineChoice } from '../../src/engine/index.ts';

/** An import that finds no package. */
const nothing = (name: string) =>
  Promise.reject(
    Object.assign(new Error(`Cannot find package '${name}' imported from here`), { code: 'ERR_MODULE_NOT_FOUND' }),
  );

describe('resolveEngine', () => {
  it('takes the embedded engine for small networks and says so', async () => {
    const { engine, resolution } = await resolveEngine({ threads: 1 });
    expect(engine.name).toBe('embedded');
    expect(resolution).toEqual({
      engine: 'embedded',
      backend: 'embedded (WebAssembly SIMD, 1 thread, float32)',
      reason: 'auto: 0 trainable numbers, fewer than the 1000000 from which a GPU may pay',
      tried: [{ engine: 'embedded', works: true, reason: 'embedded (WebAssembly SIMD, 1 thread, float32)' }],
    });
    expect(JSON.parse(JSON.stringify(resolution))).toEqual(resolution);
    await engine.dispose();
  });

  it('falls back when a large network finds no GPU', async () => {
    const { engine, resolution } = await resolveEngine({ threads: 1, modelSize: 2_000_000, import: nothing });
    expect(resolution.tried.map(({ engine: name, works }) => [name, works])).toEqual([
      ['tfjs-node-gpu', false],
      ['tfjs-webgpu', false],
      ['embedded', true],
    ]);
    expect(resolution.reason).toBe('auto: 2000000 trainable numbers; tfjs-node-gpu, tfjs-webgpu cannot be used here');
    await engine.dispose();
  });

  it('lists what was tried when nothing works', async () => {
    await expect(resolveEngine({ engine: 'tfjs-node-gpu' })).rejects.toThrow(EngineError);
    await expect(resolveEngine({ engine: 'tfjs-node-gpu' })).rejects.toThrow(/tfjs-node-gpu \(.+\)/);
  });

  it('refuses names that are no engine, and absurd thread counts', async () => {
    await expect(resolveEngine({ engine: 'cuda' as EngineChoice })).rejects.toThrow(ConfigError);
    await expect(resolveEngine({ threads: 0 })).rejects.toThrow(/threads/);
  });
});
