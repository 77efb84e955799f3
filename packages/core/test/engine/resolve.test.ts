import { describe, expect, it } from '@jest/globals';
import { ConfigError, EngineError } from '../../src/errors.ts';
import { arithmeticsOf, resolveEngine } from '../../src/engine/index.ts';
import type { ResolvedEngine } from '../../src/engine/index.ts';
import { backendHere, fusedHere } from './backend-here.ts';

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
      backend: backendHere,
      arithmetic: fusedHere ? 'embedded-fused' : 'embedded-portable',
      reason: 'auto: 0 trainable numbers, fewer than the 250000 from which a GPU may pay',
      tried: [{ engine: 'embedded', works: true, reason: backendHere }],
    });
    expect(JSON.parse(JSON.stringify(resolution))).toEqual(resolution);
    await engine.dispose();
  });

  it('says what bits depend on, for small and for large networks, whatever the threads', async () => {
    const here = fusedHere ? 'embedded-fused' : 'embedded-portable';
    expect(await arithmeticsOf('embedded')).toEqual([here]);
    expect(await arithmeticsOf('embedded-portable')).toEqual(['embedded-portable']);
    // Without a GPU engine large networks take what small ones take.
    const auto = await arithmeticsOf('auto');
    const { engine, resolution } = await resolveEngine({ modelSize: 2_000_000 });
    await engine.dispose();
    expect(auto).toEqual(resolution.arithmetic === here ? [here] : [here, resolution.arithmetic]);
    if (!fusedHere) expect(await arithmeticsOf('embedded-fused')).toEqual(['embedded-fused']);
  });

  it('computes with the portable arithmetic when asked to', async () => {
    const { engine, resolution } = await resolveEngine({ engine: 'embedded-portable', threads: 1 });
    expect(resolution).toEqual({
      engine: 'embedded',
      backend: 'embedded (WebAssembly SIMD, 1 thread, float32)',
      arithmetic: 'embedded-portable',
      reason: 'asked for by name',
      tried: [{ engine: 'embedded-portable', works: true, reason: 'embedded (WebAssembly SIMD, 1 thread, float32)' }],
    });
    await engine.dispose();
  });

  it('refuses the fused arithmetic where it is not to be had, and never takes the other one instead', async () => {
    const outcome = await resolveEngine({ engine: 'embedded-fused', threads: 1 }).catch((error: unknown) => error);
    if (fusedHere) {
      expect(outcome).toMatchObject({ resolution: { backend: backendHere } });
      await (outcome as ResolvedEngine).engine.dispose();
    } else {
      expect(outcome).toBeInstanceOf(EngineError);
      expect(outcome).toMatchObject({
        field: "engine 'embedded-fused'",
        found: `embedded-fused (Node ${process.versions.node} without relaxed SIMD)`,
        remedy:
          'Use a processor with fused multiply-add and Node 22 or later, or Node 20 started as ' +
          "`node --experimental-wasm-relaxed-simd`; or 'embedded-portable'.",
      });
    }
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
    await expect(resolveEngine({ engine: 'cuda' })).rejects.toThrow(ConfigError);
    await expect(resolveEngine({ threads: 0 })).rejects.toThrow(/threads/);
  });
});
