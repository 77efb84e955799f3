import { afterAll, describe, expect, it } from '@jest/globals';
import { EmbeddedEngine, resolveEngine, wasmMachine } from '../../../src/engine/index.ts';
import { cases } from '../../../src/testing/engine/cases.ts';
import { largeCases } from '../large-cases.ts';
import { pairErrors } from '../../../src/testing/engine/pair.ts';
import { inputsOf, runCase } from '../../../src/testing/engine/run-case.ts';

const fused = new EmbeddedEngine(wasmMachine(1, 'fused'));
const portable = new EmbeddedEngine(wasmMachine(1, 'portable'));

afterAll(async () => {
  await fused.dispose();
  await portable.dispose();
});

// A sum of n products rounds 2 n times in one arithmetic and n times in the other: of the roundings, 6e-8 each of what is
// summed, those of the products are the difference. They cancel like a random walk, so that some hundred terms leave
// 1e-6; wasm.test.ts holds both against float64 with 2e-5, which allows for badly conditioned cases.
const tolerance = 1e-5;

describe('the fused arithmetic', () => {
  it('is what the engine takes by itself here', async () => {
    for (const choice of ['auto', 'embedded', 'embedded-fused'] as const) {
      const { engine, resolution } = await resolveEngine({ engine: choice, threads: 1 });
      expect(resolution.backend).toBe('embedded (WebAssembly SIMD with fused multiply-add, 1 thread, float32)');
      await engine.dispose();
    }
    const { engine, resolution } = await resolveEngine({ engine: 'embedded-portable', threads: 1 });
    expect(resolution).toMatchObject({
      engine: 'embedded',
      backend: 'embedded (WebAssembly SIMD, 1 thread, float32)',
    });
    await engine.dispose();
  });

  it.each([...cases, ...largeCases])('agrees with the portable one: $name', async (test) => {
    const errors = await pairErrors(fused, portable, test);
    expect(errors.loss).toBeLessThan(tolerance);
    for (const [name, error] of Object.entries(errors.gradients))
      expect([name, error < tolerance]).toEqual([name, true]);
    expect(errors.state).toBeLessThan(tolerance);
  });

  it.each(largeCases)('rounds differently: $name', async (test) => {
    const values = inputsOf(test);
    const [one, other] = [await runCase(fused, test, values), await runCase(portable, test, values)];
    expect(one.gradients).not.toEqual(other.gradients);
  });
});
