import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CrossSectionBatch } from '../batches/cross-section.ts';
import { Ml4tError, type ErrorCode } from '../errors.ts';
import { loadMember, saveMember } from '../ensemble/index.ts';
import type { EnsembleEstimator, Estimator, FitOptions, TrainedMember } from '../models/interfaces.ts';
import type { Progress } from '../models/progress.ts';
import { loadArtifact, type Artifact, type ArtifactSource } from '../persist/index.ts';
import { stopReasonRemedies } from '../results/fit-summary.ts';
import type { FloatArray } from '../validation.ts';
import { assertSameArrays, reachableArrays } from './array-snapshot.ts';
import { extremeChecks, type ExtremesUnderTest } from './extremes.ts';
import { assertProgress } from './progress-events.ts';
import { buffersOf, gettersOf, spoil } from './spoil.ts';
import { unitChecks, type UnitsUnderTest } from './units.ts';

/** One promise of the contract. `run` rejects when it is broken; any test runner can map it to a test. */
export interface ContractCheck {
  readonly name: string;
  run(): Promise<void>;
}

/** A model under test, and the data to test it with. */
export interface EstimatorUnderTest<Batch extends object, Model extends Estimator<Batch>> {
  /** A fresh, unfitted model; the same configuration every time. */
  readonly create: () => Model;
  /** Small, valid, and enough to fit. */
  readonly batch: Batch;
  /** Valid data of the same shape that leads to another fit. */
  readonly otherBatch: Batch;
  /** Calls `extract` or `predict`; the typed arrays of what it returns are compared bit for bit. */
  readonly extractOrPredict: (model: Model, batch: Batch) => Promise<object>;
  /** Reads what `save` wrote, by path or as an artifact that was read before. */
  readonly load: (source: ArtifactSource) => Promise<Model>;
  /** `batch` with missing values (NaN) wherever its contract allows them, if the model accepts any. */
  readonly batchWithMissing?: Batch;
  /** Given to the fits of an ensemble whose members are trained together and apart. */
  readonly validation?: Batch;
  /** A valid batch that this model cannot be fitted on, for example one without returns. */
  readonly unusableBatch?: Batch;
  /** What a change of units leaves alone; every model states it, with a tolerance or the reason why it depends on them. */
  readonly units?: UnitsUnderTest<Batch, Model>;
  /** Of networks: what happens when they diverge, and to inputs that they cannot hold. */
  readonly extremes?: ExtremesUnderTest<Batch, Model>;
}

/**
 * What every estimator promises, as named checks: an error before `fit`, bit-equal fits, refits that remember nothing,
 * inputs left alone, failed and aborted refits without effect, artifacts that restore the fit, damaged ones refused, a
 * frozen configuration, a complete summary, progress that a program can read, no silent loss of missing data, and equal
 * results for equal numbers in float32, nothing handed out by which the fit can be changed, wrong arguments refused by name.
 * With a units section, that no unit of returns or of a single characteristic changes what it says; with one about extremes,
 * that a network that diverged is never a fit. An ensemble promises besides that members trained apart make the fit that they
 * make together.
 */
export function estimatorContract<Batch extends object, Model extends Estimator<Batch>>(
  under: EstimatorUnderTest<Batch, Model>,
): readonly ContractCheck[] {
  const { create, batch, otherBatch, extractOrPredict, load } = under;
  const outputs = async (model: Model, on = batch): Promise<Map<string, Float64Array>> => {
    const arrays = reachableArrays(await extractOrPredict(model, on));
    assert.ok(arrays.size > 0, 'extractOrPredict returned no typed array');
    return arrays;
  };
  const fitted = async (on = batch): Promise<Model> => {
    const model = create();
    await model.fit(on);
    return model;
  };

  const checks: Record<string, () => Promise<void>> = {
    'refuses to extract, predict or save before fit': async () => {
      const model = create();
      assert.equal(model.isFitted, false, 'isFitted before fit');
      await assertRejects(() => extractOrPredict(model, batch), 'not-fitted');
      await inFolder((path) => assertRejects(() => model.save(path), 'not-fitted'));
      await model.fit(batch);
      assert.equal(model.isFitted, true, 'isFitted after fit');
    },

    'gives equal bits for equal configuration and data': async () => {
      assertSameArrays(await outputs(await fitted()), await outputs(await fitted()), 'a second fresh fit');
    },

    'forgets an earlier fit when it is fitted again': async () => {
      const model = await fitted(otherBatch);
      const earlier = await outputs(model);
      await model.fit(batch);
      const fresh = await outputs(await fitted());
      assertSameArrays(await outputs(model), fresh, 'a refit');
      // Guards the check itself: with data that lead to the same fit it would prove nothing.
      assert.throws(() => assertSameArrays(earlier, fresh, ''), 'otherBatch leads to the same fit as batch');
    },

    'leaves its inputs as they were': async () => {
      const before = reachableArrays(batch);
      await extractOrPredict(await fitted(), batch);
      assertSameArrays(reachableArrays(batch), before, 'the batch after fit and extract');
    },

    'hands out nothing by which its fit can be changed': async () => {
      const check = async (model: Model, summary: unknown): Promise<void> => {
        const before = await outputs(model);
        const kept = JSON.stringify(gettersOf(model));
        const own = buffersOf(batch);
        for (const handedOut of [summary, await extractOrPredict(model, batch), gettersOf(model)])
          spoil(handedOut, own);
        assertSameArrays(await outputs(model), before, 'after what it handed out was written to');
        assert.equal(JSON.stringify(gettersOf(model)), kept, 'what its getters give');
      };
      const model = create();
      await check(model, await model.fit(batch));
      await inFolder(async (path) => {
        await model.save(path);
        await check(await load(path), undefined);
      });
    },

    'refuses what is no batch or no option of a fit, by name': async () => {
      const refuses = (code: ErrorCode, on: unknown, options?: unknown): Promise<void> =>
        assertRejects(() => create().fit(on as Batch, options as FitOptions<Batch>), code);
      for (const on of [undefined, null, 5, 'batch', [], {}, { kind: 'other' }]) {
        await refuses('data', on);
        if (on !== undefined) await refuses('data', batch, { validation: on });
      }
      const model = await fitted();
      for (const on of [undefined, null, 5, 'batch', [], {}, { kind: 'other' }])
        await assertRejects(() => extractOrPredict(model, on as Batch), 'data');
      for (const options of [null, 5, 'options', []]) await refuses('config', batch, options);
      for (const signal of ['nope', null, 5, {}]) await refuses('config', batch, { signal });
      for (const onProgress of ['nope', null, 5, {}]) await refuses('config', batch, { onProgress });
      await refuses('config', batch, { onprogress: () => undefined });
    },

    'keeps the earlier fit when a refit is aborted': async () => {
      const model = await fitted();
      const before = await outputs(model);
      await assertRejects(() => model.fit(otherBatch, { signal: AbortSignal.abort() }), 'aborted');
      assertSameArrays(await outputs(model), before, 'after a refit aborted at once');

      const controller = new AbortController();
      const options = { signal: controller.signal, onProgress: (): void => controller.abort() };
      const error = await model.fit(otherBatch, options).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      // A fit that was done before it could notice counts as done; anything between the two is an error.
      if (error === undefined)
        assertSameArrays(await outputs(model), await outputs(await fitted(otherBatch)), 'after a refit that finished');
      else {
        assertCode(error, 'aborted');
        assertSameArrays(await outputs(model), before, 'after a refit aborted on the way');
      }
    },

    'restores the fit from its artifact, bit for bit': () =>
      inFolder(async (path) => {
        const model = await fitted();
        await model.save(path);
        const loaded = await load(path);
        assert.equal(loaded.modelType, model.modelType, 'modelType of the loaded model');
        assert.equal(loaded.isFitted, true, 'isFitted of the loaded model');
        assert.deepEqual(loaded.config, model.config, 'config of the loaded model');
        assertSameArrays(await outputs(loaded), await outputs(model), 'the loaded model');
        assertSameArrays(
          await outputs(loaded, otherBatch),
          await outputs(model, otherBatch),
          'the loaded model on other data',
        );
        const inMemory = await load(await loadArtifact(path));
        assertSameArrays(await outputs(inMemory), await outputs(model), 'the model loaded from an artifact in memory');
      }),

    'refuses an artifact that was cut short or is not there': () =>
      inFolder(async (path) => {
        await assertRejects(() => load(path), 'artifact');
        await (await fitted()).save(path);
        await writeFile(path, (await readFile(path)).subarray(0, -1));
        await assertRejects(() => load(path), 'artifact');
      }),

    'has a frozen configuration that JSON can hold': async () => {
      const { config } = create();
      assert.ok(isDeepFrozen(config), 'config is not frozen');
      assert.deepEqual(JSON.parse(JSON.stringify(config)), config, 'config after a round trip through JSON');
    },

    'returns a complete summary': async () => {
      const model = create();
      const summary = await model.fit(batch);
      assert.ok(Object.hasOwn(stopReasonRemedies, summary.stopReason), `unknown stop reason ${summary.stopReason}`);
      assert.equal(summary.runRecord.modelType, model.modelType, 'modelType of the run record');
      assert.ok(summary.runRecord.seconds >= 0, 'seconds of the run record');
      assert.ok(Object.keys(summary.runRecord.dimensions).length > 0, 'dimensions of the run record');
      assert.deepEqual(
        JSON.parse(JSON.stringify(summary.runRecord)),
        summary.runRecord,
        'the run record after a round trip through JSON',
      );
    },

    'reports progress as data, up to the end': async () => {
      const events: Progress[] = [];
      const onProgress = (progress: Progress): void => void events.push(progress);
      const model = create();
      const { stopReason } = await model.fit(batch, { onProgress });
      assertProgress(events, stopReason !== 'early-stopping');
      if (!isEnsemble<Batch>(model)) return;
      const { ensembleSize: of } = model;
      const seen = new Set(events.map(({ member }) => JSON.stringify(member)));
      const expected = Array.from({ length: of }, (_, index) => JSON.stringify({ index, of }));
      assert.deepEqual([...seen], expected, 'members of the events of fit');
      events.length = 0;
      await model.fitMember(batch, of - 1, { onProgress });
      assertProgress(events, stopReason !== 'early-stopping');
      for (const { member } of events)
        assert.deepEqual(member, { index: of - 1, of }, 'member of the events of fitMember');
    },
  };

  if (isCrossSection(batch))
    checks['reads characteristics in float32 as the same numbers in float64'] = async () => {
      const inPrecision = async (values: FloatArray): Promise<Map<string, Float64Array>> => {
        const other = batch.withCharacteristics(values) as Batch & CrossSectionBatch;
        return outputs(await fitted(other), other);
      };
      const narrow = Float32Array.from(batch.characteristics);
      assertSameArrays(await inPrecision(narrow), await inPrecision(Float64Array.from(narrow)), 'a fit in float32');
    };

  if (isEnsemble<Batch>(create()))
    checks['makes of members trained apart what it makes of them together'] = () =>
      inFolder(async (path) => {
        const ensemble = () => create() as Model & EnsembleEstimator<Batch>;
        const options = { validation: under.validation };
        const whole = ensemble();
        const wholeSummary = await whole.fit(batch, options);
        await whole.save(path);
        const expected = await loadArtifact(path);
        // Each by a model of its own, the last first, and through a file.
        const members: TrainedMember[] = [];
        for (let m = whole.ensembleSize - 1; m >= 0; m--) {
          const alone = ensemble();
          await saveMember(path, await alone.fitMember(batch, m, options));
          assert.equal(alone.isFitted, false, 'isFitted of a model that trained a member');
          members.push(await loadMember(path));
        }
        const combined = ensemble();
        const summary = await combined.combineMembers(batch, members, options);
        assert.equal(withoutSeconds(summary), withoutSeconds(wholeSummary), 'the summary of combined members');
        assertSameArrays(await outputs(combined), await outputs(whole), 'the combined members');
        await combined.save(path);
        assertSameArtifact(await loadArtifact(path), expected);
        await assertRejects(() => ensemble().combineMembers(batch, members.slice(1), options), 'data');
        await assertRejects(() => ensemble().combineMembers(otherBatch, members, options), 'data');
      });
  if (isEnsemble<Batch>(create()))
    checks['refuses members of other inputs or of another arithmetic, and names the difference'] = async () => {
      const ensemble = () => create() as Model & EnsembleEstimator<Batch>;
      const options = { validation: under.validation };
      const first = await ensemble().fitMember(batch, 0, options);
      const refuses = async (part: string, on: Batch, members: TrainedMember[], given = options): Promise<void> => {
        const combine = () => ensemble().combineMembers(on, members, given);
        await assertRejects(combine, 'data', `members[0].${part}`);
      };
      // One number of one array of the batch, and of the validation, is another in its last digits.
      assert.ok(slightlyOther(batch).length > 0, 'the batch has no array of floating-point numbers to change');
      for (const [name, on] of slightlyOther(batch)) await refuses(`inputs.batch.${name}`, on, [first]);
      if (under.validation)
        for (const [name, validation] of slightlyOther(under.validation))
          await refuses(`inputs.validation.${name}`, batch, [first], { validation });
      const others: [part: string, changed: Partial<TrainedMember>][] = [
        ['arithmetic', { arithmetic: `${first.arithmetic}, elsewhere` }],
        ['packageVersion', { packageVersion: `${first.packageVersion}-else` }],
        ['modelType', { modelType: `${first.modelType}-else` }],
        ['config.seed', { config: { ...first.config, seed: 1 + (first.config as { seed: number }).seed } }],
      ];
      for (const [part, changed] of others) await refuses(part, batch, [{ ...first, ...changed }]);
    };

  const { batchWithMissing, unusableBatch } = under;
  if (batchWithMissing)
    checks['handles missing values without losing everything or changing its input'] = async () => {
      const before = reachableArrays(batchWithMissing);
      const model = await fitted(batchWithMissing);
      for (const [name, values] of await outputs(model, batchWithMissing))
        assert.ok(values.length === 0 || values.some(Number.isFinite), `${name} has no finite value`);
      assertSameArrays(reachableArrays(batchWithMissing), before, 'the batch with missing values');
    };
  if (unusableBatch)
    checks['keeps the earlier fit when a refit fails'] = async () => {
      const model = await fitted();
      const before = await outputs(model);
      await assertRejects(() => model.fit(unusableBatch), undefined);
      assertSameArrays(await outputs(model), before, 'after a failed refit');
    };
  if (under.units)
    Object.assign(
      checks,
      unitChecks({ batch, ...under.units }, async (on) => {
        const model = create();
        return { model, summary: await model.fit(on) };
      }),
    );
  if (under.extremes) Object.assign(checks, extremeChecks(under.extremes, { batch, create, outputs }));
  return Object.entries(checks).map(([name, run]) => ({ name, run }));
}

function isCrossSection<Batch extends object>(batch: Batch): batch is Batch & CrossSectionBatch {
  return batch instanceof CrossSectionBatch;
}

function isEnsemble<Batch>(model: Estimator<Batch>): model is EnsembleEstimator<Batch> {
  return 'fitMember' in model && 'combineMembers' in model;
}

/** Everything but how long it took has to be the same, to the bit. */
function assertSameArtifact(found: Artifact, expected: Artifact): void {
  const plain = ({ config, state, record, arrays }: Artifact): string =>
    withoutSeconds({ config, state, record, arrays: Object.keys(arrays) });
  assert.equal(plain(found), plain(expected), 'configuration, state and record of the artifact');
  for (const [name, { data }] of Object.entries(expected.arrays)) {
    const bytes = (of: ArrayBufferView): Buffer => Buffer.from(of.buffer, of.byteOffset, of.byteLength);
    assert.ok(bytes(found.arrays[name].data).equals(bytes(data)), `${name} of the artifact`);
  }
}

function withoutSeconds(value: unknown): string {
  return JSON.stringify(value, (key, entry: unknown) => (key === 'seconds' ? undefined : entry));
}

/** For every array of floating-point numbers in a batch, the batch with one number of it a little larger. */
function slightlyOther<Batch extends object>(batch: Batch): [name: string, other: Batch][] {
  return Object.entries(batch).flatMap(([name, values]: [string, unknown]): [string, Batch][] => {
    if (!(values instanceof Float64Array || values instanceof Float32Array)) return [];
    const at = values.findIndex((value) => Number.isFinite(value) && value !== 0);
    if (at < 0) return [];
    const other = values.slice();
    other[at] *= 1 + 2e-7;
    const properties = { ...Object.getOwnPropertyDescriptors(batch), [name]: { value: other, enumerable: true } };
    return [[name, Object.create(Object.getPrototypeOf(batch) as object, properties) as Batch]];
  });
}

/** The operation must fail with an error of the library, of the given kind and field where they are given. */
async function assertRejects(
  operation: () => Promise<unknown>,
  code: ErrorCode | undefined,
  field?: string,
): Promise<void> {
  let error: unknown;
  try {
    await operation();
  } catch (reason) {
    error = reason;
  }
  assert.ok(error !== undefined, `expected an error${code === undefined ? '' : ` of kind ${code}`}, found none`);
  assertCode(error, code);
  if (field !== undefined) assert.equal((error as Ml4tError).field, field, `field of the error "${String(error)}"`);
}

function assertCode(error: unknown, code: ErrorCode | undefined): void {
  assert.ok(error instanceof Ml4tError, `expected an error of the library, found ${String(error)}`);
  if (code !== undefined) assert.equal(error.code, code, `kind of the error "${error.message}"`);
}

function isDeepFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isDeepFrozen);
}

async function inFolder(use: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ml4t-contract-'));
  try {
    await use(join(folder, 'model.ml4t'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
