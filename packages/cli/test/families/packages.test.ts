import { describe, expect, it } from '@jest/globals';
import { ConfigError, MissingPackageError } from '@ml4t/core';
import type { FamilyPackage } from '../../src/families/packages.ts';
import { familyOf, findFamilies } from '../../src/families/packages.ts';
import { exitCodes } from '../../src/exit-codes.ts';
import { filesUnder, inFolder, ml4t, writeExperiment } from '../cli-fixtures.ts';

const absent: FamilyPackage = {
  packageName: '@ml4t/latent-factors',
  modelTypes: ['ipca'],
  load: () => Promise.reject(Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' })),
};

describe('familyOf', () => {
  it('knows every model that each package registers', async () => {
    for (const { modelTypes, load } of findFamilies()) {
      const family = await load();
      expect(family.models.map(({ modelType }) => modelType).sort()).toEqual([...modelTypes].sort());
    }
  });

  it('says what to install when a family is not there', async () => {
    await expect(familyOf('ipca', 'type', [absent])).rejects.toBeInstanceOf(MissingPackageError);
    await inFolder(async (folder) => {
      const outcome = await ml4t(['run', await writeExperiment(folder)], { packages: [absent] });
      expect(outcome.code).toBe(exitCodes.config);
      expect(outcome.stderr).toMatch(/^ml4t: @ml4t\/latent-factors: .*npm install @ml4t\/latent-factors\n$/);
      expect(await filesUnder(folder)).toEqual(['experiment.yaml', 'panel.csv']);
    });
  });

  it('does not hide a package that is there and broken', async () => {
    const broken: FamilyPackage = { ...absent, load: () => Promise.reject(new TypeError('x is not a function')) };
    await expect(familyOf('ipca', 'type', [broken])).rejects.toBeInstanceOf(TypeError);
  });

  it('lists the models there are for one that is not', async () => {
    await expect(familyOf('icpa', 'type')).rejects.toBeInstanceOf(ConfigError);
  });
});
