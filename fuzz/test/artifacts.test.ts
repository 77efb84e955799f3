import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadArtifact, saveArtifact, type Artifact } from '@ml4t/core/persist';
import fc from 'fast-check';
import { effortOf } from './effort.ts';
import { apply, build, registrations, smallConfig, valid, type AnyModel } from './models.ts';
import { edited, edits, type Edit } from './mutate.ts';
import { outcomeOf } from './outcome.ts';

const folder = mkdtempSync(join(tmpdir(), 'ml4t-fuzz-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe.each(registrations.map((registration) => [registration.modelType, registration] as const))(
  'an artifact of %s',
  (modelType, registration) => {
    const path = join(folder, `${modelType}.ml4t`);
    const other = join(folder, `${modelType}-other.ml4t`);
    const batch = build[registration.batchKind](valid[registration.batchKind]);
    let bytes: Buffer;
    let artifact: Artifact;
    beforeAll(async () => {
      const model = registration.create(smallConfig(registration)) as unknown as AnyModel;
      await model.fit(batch);
      await model.save(path);
      bytes = readFileSync(path);
      artifact = await loadArtifact(path);
    });
    const load = async (from: string): Promise<AnyModel> => (await registration.load(from)) as unknown as AnyModel;

    it('with damaged bytes is an ArtifactError', () =>
      fc.assert(
        fc.asyncProperty(
          fc.array(
            fc.tuple(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.integer({ min: 1, max: 255 })),
            {
              minLength: 1,
              maxLength: 4,
            },
          ),
          fc.option(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
          async (flips, cut) => {
            const damaged = Buffer.from(cut === null ? bytes : bytes.subarray(0, Math.floor(cut * bytes.length)));
            for (const [at, change] of flips)
              if (damaged.length > 0) damaged[Math.floor(at * damaged.length)] ^= change;
            if (damaged.equals(bytes)) return;
            writeFileSync(other, damaged);
            const { error } = await outcomeOf(() => load(other));
            expect(error?.code).toBe('artifact');
          },
        ),
        effortOf(60),
      ));

    it('with forged content and digests is a model that can be used, or an error that says what is wrong', () =>
      fc.assert(
        fc.asyncProperty(edits(true), async (list) => {
          const { config, state, record, arrays } = edited(
            {
              config: artifact.config as object,
              state: artifact.state,
              record: artifact.record,
              arrays: { ...artifact.arrays },
            },
            list,
          );
          const saved = await outcomeOf(() => saveArtifact(other, { ...artifact, config, state, record, arrays }));
          if (saved.error) return;
          const { value } = await outcomeOf(() => load(other));
          if (value) await outcomeOf(() => apply(value, batch));
        }),
        // Found with seed 11: a configuration that is none.
        effortOf<[Edit[]]>(60, [[[{ path: [20], value: null, kind: 'replace' }]]]),
      ));
  },
);
