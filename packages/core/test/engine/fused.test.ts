import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const root = join(__dirname, '..', '..');
const resolver = createRequire(__filename);
const runner = join(dirname(resolver.resolve('jest/package.json')), 'bin', 'jest.js');

interface Report {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numTotalTests: number;
  readonly testResults: readonly { readonly message: string }[];
}

// Node 20 has relaxed SIMD behind a flag that a process can only be started with; on newer ones it is there. In either the whole
// vocabulary runs on the fused kernels: against the float64 twin, against the portable kernels, and on several threads.
describe('fused multiply-add', () => {
  it('computes the vocabulary', () => {
    const flags = Number(process.versions.node.split('.')[0]) < 22 ? ['--experimental-wasm-relaxed-simd'] : [];
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [...flags, runner, '--config', join(__dirname, 'fused', 'jest.config.cjs'), '--runInBand', '--json'],
      { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 },
    );
    if (!stdout.startsWith('{')) throw new Error(stderr);
    const report = JSON.parse(stdout) as Report;
    expect(report.testResults.map(({ message }) => message).filter((message) => message !== '')).toEqual([]);
    expect(report.success).toBe(true);
    expect(report.numPassedTests).toBe(report.numTotalTests);
    expect(report.numPassedTests).toBeGreaterThan(200);
  });
});
