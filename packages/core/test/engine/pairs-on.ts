import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EmbeddedEngine, wasmMachine } from '../../src/engine/index.ts';
import type { Engine, ResolvedEngine } from '../../src/engine/index.ts';
import { pairCases, pairErrors } from '../../src/testing/engine/pair.ts';
import { runCase } from '../../src/testing/engine/run-case.ts';

/** Holds an engine to the embedded one on every pair case, and to giving back what a case took. */
export function describePairs(title: string, open: () => Promise<ResolvedEngine>, tolerance: number): void {
  describe(title, () => {
    const embedded = new EmbeddedEngine(wasmMachine(1));
    let other: Engine;

    beforeAll(async () => {
      const { engine, resolution } = await open();
      process.stdout.write(`pair cases on ${resolution.backend}\n`);
      other = engine;
    });

    afterAll(async () => {
      await other.dispose();
      await embedded.dispose();
    });

    for (const test of pairCases)
      it(test.name, async () => {
        const { loss, gradients, state } = await pairErrors(embedded, other, test);
        for (const [name, error] of Object.entries({ ...gradients, 'the loss': loss, 'running statistics': state }))
          if (!(error < tolerance)) throw new Error(`${name}: ${error}`);
      });

    it('gives back all memory after every case', async () => {
      const { bytes } = other.memory();
      for (const test of pairCases) {
        await runCase(other, test);
        if (other.memory().bytes !== bytes) throw new Error(`${test.name} keeps tensors`);
      }
      expect(other.memory().tensors).toBe(0);
    });
  });
}
