import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { expect, it } from '@jest/globals';
import { EngineError } from '../../src/errors.ts';
import { resolveEngine } from '../../src/engine/index.ts';
import { describePairs } from './pairs-on.ts';

/**
 * The pair cases on TensorFlow's CPU kernels through @tensorflow/tfjs-node. It is not among the project's dependencies, because
 * it downloads TensorFlow when it is installed: where it is missing or does not compute, this holds the error that a user gets instead.
 */
const probe = `
  const tf = await import('@tensorflow/tfjs-node');
  process.stdout.write(tf.default.getBackend() + tf.default.add([1], [1]).dataSync()[0]);`;

function installed(): boolean {
  try {
    return createRequire(__filename).resolve('@tensorflow/tfjs-node') !== '';
  } catch {
    return false;
  }
}

function works(): boolean {
  try {
    const sum = execFileSync(process.execPath, ['--input-type=module', '-e', probe], {
      cwd: __dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return sum === 'tensorflow2';
  } catch {
    return false;
  }
}

// As between the embedded engine and tfjs on its cpu backend: see pairs.test.ts.
const tolerance = 4e-5;

if (works())
  describePairs('the embedded engine and tfjs-node', () => resolveEngine({ engine: 'tfjs-node' }), tolerance);
else
  it('tfjs-node is refused with what is missing', async () => {
    const outcome = resolveEngine({ engine: 'tfjs-node' });
    await expect(outcome).rejects.toThrow(EngineError);
    await expect(outcome).rejects.toThrow(
      installed() ? /found tfjs-node \(.+\)/ : '@tensorflow/tfjs-node is not installed',
    );
    await expect(outcome).rejects.toThrow('npm install @tensorflow/tfjs-node, with install scripts allowed');
  });
