import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, it } from '@jest/globals';
import { EngineError } from '../../src/errors.ts';
import { resolveEngine } from '../../src/engine/index.ts';
import { describePairs } from './pairs-on.ts';

/**
 * The pair cases on a GPU, or on a software device, through the packages @tensorflow/tfjs-backend-webgpu and webgpu. They are
 * not among the project's dependencies: where they are not installed, or find no device, this holds the error that a user gets instead.
 */
const resolver = createRequire(__filename);

const probe = `
  const { create } = await import(process.argv[1]);
  const adapter = await create([]).requestAdapter();
  process.stdout.write(adapter ? (adapter.info.description || adapter.info.device || 'a device') : '');
  process.exit(0);`;

/** What keeps the cases from running here, or undefined. */
function obstacle(): string | undefined {
  let path: string;
  try {
    resolver.resolve('@tensorflow/tfjs-backend-webgpu');
    path = resolver.resolve('webgpu');
  } catch {
    return '@tensorflow/tfjs-backend-webgpu and webgpu are not installed';
  }
  try {
    const device = execFileSync(process.execPath, ['--input-type=module', '-e', probe, `file://${path}`], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 600_000,
    });
    return device === '' ? 'webgpu finds no device' : undefined;
  } catch (error) {
    return `webgpu does not start: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** The addon inside the package: the test runner cannot load the ES module around it, which does nothing else. */
function dawn(): string {
  const platform = process.platform === 'darwin' ? 'darwin-universal' : `${process.platform}-${process.arch}`;
  return join(dirname(resolver.resolve('webgpu')), 'dist', `${platform}.dawn.node`);
}

function load(name: string): Promise<unknown> {
  return name === 'webgpu' ? import(dawn()) : import(name);
}

const reason = obstacle();

// As for the cpu backend, 4e-5; shaders may also fuse products and sums and take exp, tanh and division to a few units in the last
// place (WGSL allows 3 + 2 |x| units for exp, 2.5 for a quotient), which an LSTM or a batch norm passes on: 2e-4.
const tolerance = 2e-4;

if (reason === undefined)
  describePairs(
    'the embedded engine and tfjs on webgpu',
    () => resolveEngine({ engine: 'tfjs-webgpu', import: load }),
    tolerance,
  );
else
  it(`webgpu is refused with what is missing: ${reason}`, async () => {
    await expect(resolveEngine({ engine: 'tfjs-webgpu', import: load })).rejects.toThrow(EngineError);
    await expect(resolveEngine({ engine: 'tfjs-webgpu', import: load })).rejects.toThrow(/webgpu/);
  });
