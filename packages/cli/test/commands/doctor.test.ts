import { describe, expect, it } from '@jest/globals';
import { engineChoices } from '@ml4t/core/authoring';
import type { EngineAttempt } from '@ml4t/core/engine';
import { ml4t } from '../cli-fixtures.ts';

describe('ml4t doctor', () => {
  it('says which engine runs and why, what else was tried, and which families are installed', async () => {
    const { code, stdout } = await ml4t(['doctor', '--json']);
    expect(code).toBe(0);
    const findings = JSON.parse(stdout);
    expect(findings).toMatchObject({
      node: process.version,
      linearAlgebra: 'wasm-simd',
      engine: { name: 'embedded', reason: expect.stringContaining('auto') },
    });
    const engines: readonly EngineAttempt[] = findings.engines;
    // The names of one engine each: `embedded` is the better of its two arithmetics, `auto` the best of all.
    const single = engineChoices().filter((choice) => choice !== 'auto' && choice !== 'embedded');
    expect(engines.map(({ engine }) => engine)).toEqual(single);
    const native = engines.find(({ engine }) => engine === 'tfjs-node-gpu');
    expect(native).toMatchObject({ works: false, reason: expect.stringContaining('@tensorflow/tfjs-node-gpu') });
    expect(findings.families.length).toBeGreaterThan(0);
  });

  it('says it to a person as well', async () => {
    const { stdout } = await ml4t(['doctor']);
    expect(stdout).toContain('Networks run on: embedded');
    expect(stdout).toContain('tfjs-node-gpu');
  });

  it('reports a family that is not installed as such', async () => {
    const absent = { packageName: '@ml4t/nothing', modelTypes: ['x'], load: () => Promise.reject(new Error('no')) };
    const { stdout } = await ml4t(['doctor', '--json'], { packages: [absent] });
    expect(JSON.parse(stdout).families).toEqual([{ package: '@ml4t/nothing', installed: false, models: 'x' }]);
  });
});
