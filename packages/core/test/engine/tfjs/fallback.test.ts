import { afterAll, expect, it, jest } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import fs from 'node:fs';
import { resolveEngine } from '../../../src/engine/index.ts';

const readFileSync = fs.readFileSync;
afterAll(() => {
  jest.restoreAllMocks();
});

const onlyTfjs = (name: string) =>
  name === '@tensorflow/tfjs'
    ? Promise.resolve(tf)
    : Promise.reject(Object.assign(new Error(`Cannot find package '${name}'`), { code: 'ERR_MODULE_NOT_FOUND' }));

it('warns once when auto runs on the cpu backend because the compiled kernels are missing', async () => {
  jest.spyOn(fs, 'readFileSync').mockImplementation(((path: string | URL, options: never) => {
    if (String(path).endsWith('.wasm')) throw new Error(`ENOENT: no such file or directory, open '${String(path)}'`);
    return readFileSync(path, options);
  }) as typeof fs.readFileSync);
  const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);

  for (let times = 0; times < 2; times++) {
    const { engine, resolution } = await resolveEngine({ import: onlyTfjs });
    expect(engine.name).toBe('tfjs-cpu');
    expect(resolution.reason).toContain('embedded, tfjs-node cannot be used here');
    await engine.dispose();
  }
  expect(emitWarning).toHaveBeenCalledTimes(1);
  const [message, options] = emitWarning.mock.calls[0] as unknown as [string, object];
  expect(message).toMatch(/^The embedded engine cannot be used here \(ENOENT.*nn-fused\.wasm'\)/);
  expect(message).toContain('Networks run on tfjs-cpu');
  expect(message).toContain('tens of times slower');
  expect(message).toContain('run the build of @ml4t/core first');
  expect(options).toEqual({ type: 'Ml4tWarning', code: 'ML4T_ENGINE_FALLBACK' });

  // Nothing is replaced, and nobody warned, when the engine was named.
  await expect(resolveEngine({ engine: 'embedded', import: onlyTfjs })).rejects.toThrow(/ENOENT.*run the build/);
  await expect(resolveEngine({ engine: 'tfjs-cpu', import: onlyTfjs })).resolves.toBeDefined();
  expect(emitWarning).toHaveBeenCalledTimes(1);
});
