import { afterAll, describe, expect, it } from '@jest/globals';
import { EmbeddedEngine, resolveEngine, wasmMachine } from '../../src/engine/index.ts';
import type { Engine } from '../../src/engine/index.ts';
import { pairCases, pairErrors } from './pair.ts';

/**
 * The pair cases on a GPU, or on a software device, through the packages @tensorflow/tfjs-backend-webgpu and webgpu. They are
 * not among the project's dependencies: where they are not installed, or find no device, one test says so.
 */
const embedded = new EmbeddedEngine(wasmMachine(1));
let webgpu: Engine | undefined;
let absent: string | undefined;

async function open(): Promise<Engine | undefined> {
  if (webgpu || absent !== undefined) return webgpu;
  try {
    webgpu = (await resolveEngine({ engine: 'tfjs-webgpu' })).engine;
  } catch (error) {
    absent = error instanceof Error ? error.message : String(error);
    process.stdout.write(`webgpu pair cases skipped: ${absent}\n`);
  }
  return webgpu;
}

afterAll(async () => {
  await webgpu?.dispose();
  await embedded.dispose();
});

// As for the cpu backend, 4e-5; shaders may also fuse products and sums and take exp, tanh and division to a few units in the last
// place (WGSL allows 3 + 2 |x| units for exp, 2.5 for a quotient), which an LSTM or a batch norm passes on: 2e-4.
const tolerance = 2e-4;

describe('the embedded engine and tfjs on webgpu', () => {
  for (const test of pairCases)
    it(test.name, async () => {
      const engine = await open();
      if (!engine) return;
      const { loss, gradients, state } = await pairErrors(embedded, engine, test);
      for (const [name, error] of Object.entries({ ...gradients, 'the loss': loss, 'running statistics': state }))
        if (!(error < tolerance)) throw new Error(`${name}: ${error}`);
      expect(engine.name).toBe('tfjs-webgpu');
    });
});
