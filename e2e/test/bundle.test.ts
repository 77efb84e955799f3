import { beforeAll, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyProject, npmInstall } from '../registry/consumer.ts';

// Entry points have no side effects, so a bundler keeps what is used and nothing else.
let cwd: string;
beforeAll(async () => {
  cwd = await emptyProject('bundle');
  await npmInstall(cwd, '@ml4t/latent-factors', '@ml4t/sdf', '@ml4t/sae');
});

async function bundle(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: cwd, loader: 'js' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    external: ['zod'],
    logLevel: 'silent',
  });
  return outputFiles[0].text;
}

const packages = readdirSync(join(__dirname, '..', '..', 'packages')).map(
  (name) =>
    JSON.parse(readFileSync(join(__dirname, '..', '..', 'packages', name, 'package.json'), 'utf8')) as {
      name: string;
      sideEffects?: boolean;
    },
);

it('every package declares that its modules have no side effects', () => {
  expect(packages.filter(({ sideEffects }) => sideEffects !== false).map(({ name }) => name)).toEqual([]);
});

it.each(['@ml4t/core', '@ml4t/core/linalg', '@ml4t/core/nn', '@ml4t/latent-factors', '@ml4t/sdf', '@ml4t/sae'])(
  'nothing of %s stays when nothing of it is used',
  async (entry) => {
    expect((await bundle(`import '${entry}';`)).trim()).toBe('');
  },
);

it('a bundle with PCA has no network, no engine and no other model', async () => {
  // Names of operations in error messages: they survive bundling, whatever becomes of the class names.
  const text = await bundle(`import { PCAModel } from '@ml4t/latent-factors'; console.log(PCAModel);`);
  expect(text).toContain('PCAModel.fit');
  for (const absent of ['CAEModel.fit', 'IPCAModel.fit', '@tensorflow/tfjs']) expect(text).not.toContain(absent);
  const whole = await bundle(`import * as everything from '@ml4t/latent-factors'; console.log(everything);`);
  for (const present of ['CAEModel.fit', 'IPCAModel.fit', '@tensorflow/tfjs']) expect(whole).toContain(present);
  expect(text.length).toBeLessThan(whole.length / 2);
});
