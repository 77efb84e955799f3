import { describe, expect, it } from '@jest/globals';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { exitCodes } from '../../src/exit-codes.ts';
import { findManifest } from '../../src/families/manifest.ts';
import { ownPackages } from '../../src/families/own-packages.ts';
import { findFamilies } from '../../src/families/packages.ts';
import { inFolder, ml4t, writeExperiment } from '../cli-fixtures.ts';

/** A model that forecasts a constant, in plain JavaScript, as small as a package with a model can be. */
const family = (type: string): string => `
exports.family = {
  models: [{
    modelType: '${type}', title: 'A constant', batchKind: 'cross-section', task: 'asset-prediction',
    configJsonSchema: () => ({ type: 'object' }), create() { throw new Error('not used'); }, load() { throw new Error('not used'); },
  }],
  forecasterTypes: [],
  createEstimator: () => ({
    fit: async () => ({
      converged: true, stopReason: 'closed-form', iterations: 0, trainMetrics: {}, history: [], notes: [],
      runRecord: { modelType: '${type}', packageVersion: '1', config: {}, engine: 'none', dimensions: {}, stopReason: 'closed-form', seconds: 0 },
    }),
    predict: async (batch) => ({ columns: { forecast: Float64Array.from({ length: batch.nRows }, (_, row) => row % 7) } }),
  }),
};
`;

interface Plugin {
  readonly name?: string | undefined;
  readonly ml4t?: unknown;
  readonly exports?: unknown;
  readonly code?: string | undefined;
}

async function writePackage(
  folder: string,
  { name = '@acme/constant', ml4t, exports, code }: Plugin = {},
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const field = ml4t === undefined ? { models: ['constant'], experiment: './family.cjs' } : ml4t;
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name, version: '1.2.3', exports, ml4t: field }));
  await writeFile(join(folder, 'family.cjs'), code ?? family('constant'));
}

const constant = (yaml: string): string =>
  yaml.replace('- type: ipca\n    config: { nFactors: 1 }', '- type: constant');

describe('a package with models', () => {
  it.each([
    ['named as a folder beside the experiment', './plugins/constant', 'plugins/constant', undefined],
    ['named as a package', '@acme/constant', 'node_modules/@acme/constant', undefined],
    ['not named, as a dependency of the project', undefined, 'node_modules/@acme/constant', { '@acme/constant': '*' }],
  ])('is found and run: %s', async (_what, specifier, place, dependencies) => {
    await inFolder(async (folder) => {
      await writePackage(join(folder, place));
      await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'project', dependencies }));
      const plugins = specifier === undefined ? '' : `plugins: ['${specifier}']\n`;
      const path = await writeExperiment(folder, { text: (yaml) => plugins + constant(yaml) });
      const outcome = await ml4t(['run', path]);
      expect({ code: outcome.code, stderr: outcome.code === 0 ? '' : outcome.stderr }).toEqual({ code: 0, stderr: '' });
      const summary = JSON.parse(await readFile(join(folder, 'results', 'summary.json'), 'utf8'));
      expect(summary.models[0]).toMatchObject({ model: 'constant', type: 'constant', scores: { coverage: 1 } });
    });
  });

  it('is not looked into, nor imported, where nobody names it', async () => {
    await inFolder(async (folder) => {
      await writePackage(join(folder, 'node_modules', '@acme', 'constant'), { code: 'throw new Error("imported")' });
      const path = await writeExperiment(folder, { text: constant });
      expect((await ml4t(['run', path])).stderr).toContain('expected one of pca');
      await writeFile(join(folder, 'package.json'), JSON.stringify({ dependencies: { '@acme/constant': '*' } }));
      const ipca = await writeExperiment(folder);
      expect((await ml4t(['run', ipca])).code).toBe(exitCodes.ok);
    });
  });

  it('has one address, whatever links lead to it, and the export that its conditions say', async () => {
    await inFolder(async (folder) => {
      const real = join(folder, 'store', 'constant');
      await writePackage(real, {
        ml4t: { models: ['constant'], experiment: './experiment' },
        exports: {
          './experiment': { types: './x.d.ts', browser: './b.js', import: { node: './family.cjs' }, default: './d.js' },
        },
      });
      const link = join(folder, 'node_modules', '@acme', 'constant');
      await mkdir(dirname(link), { recursive: true });
      await symlink(real, link);
      const manifest = findManifest('@acme/constant', [join(folder, 'deep', 'down')]);
      expect(manifest).toMatchObject({ packageName: '@acme/constant', version: '1.2.3', models: ['constant'] });
      expect(manifest?.entry).toBe(findManifest(real, [])?.entry);
    });
  });

  it.each<[string, Plugin, string]>([
    ['has no list of models', { ml4t: { experiment: './family.cjs' } }, 'package.json: ml4t: expected { "models"'],
    ['says nothing to import', { ml4t: { models: ['constant'] } }, 'package.json: ml4t: expected { "models"'],
    ['exports nothing of that name', { exports: { '.': './family.cjs' } }, 'expected a subpath of the exports'],
    ['is not built', { ml4t: { models: ['constant'], experiment: './dist/x.js' } }, 'expected a file of the package'],
    ['exports no family', { code: 'exports.families = {};' }, 'expected an export `family` with the models constant'],
    ['lacks a model that it names', { code: family('another') }, 'found none of constant'],
    [
      'has a model of another package',
      { ml4t: { models: ['ipca'], experiment: './family.cjs' } },
      'model type ipca: expected one package',
    ],
  ])('is refused by name where it %s', async (_what, plugin, message) => {
    await inFolder(async (folder) => {
      await writePackage(join(folder, 'constant'), plugin);
      const path = await writeExperiment(folder, { text: (yaml) => `plugins: [./constant]\n${constant(yaml)}` });
      const { code, stderr } = await ml4t(['run', path]);
      expect(stderr).toContain(message);
      expect(code).toBe(exitCodes.config);
    });
  });

  it.each(['./nowhere', '@acme/nothing', 'fs', '../..', '@acme/../x', 'https://example.org/x'])(
    'has to be there: %s',
    async (plugin) => {
      await inFolder(async (folder) => {
        const path = await writeExperiment(folder, { text: (yaml) => `plugins: ['${plugin}']\n${yaml}` });
        const { code, stderr } = await ml4t(['run', path]);
        expect(stderr).toContain('experiment.plugins[0]: expected a package that is installed, or its folder');
        expect(code).toBe(exitCodes.config);
      });
    },
  );

  it('says of itself what it has: the packages of this repository, as the command knows them where they are missing', () => {
    const there = findFamilies().map(({ packageName, modelTypes }) => [packageName, [...modelTypes].sort()]);
    expect(there).toEqual(Object.entries(ownPackages).map(([name, models]) => [name, [...models].sort()]));
    expect(findFamilies().filter(({ version }) => version === undefined)).toEqual([]);
  });
});
