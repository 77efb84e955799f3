import { describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CrossSectionBatch, type FitOptions, type StopReason, type Progress } from '../../src/index.ts';
import { deepFreeze, requirePredictArguments } from '../../src/authoring/index.ts';
import {
  loadMember,
  NetworkEnsemble,
  readMembers,
  saveMember,
  weightsOf,
  type NetworkFit,
  type NetworkFitSummary,
  type NetworkTraining,
  type TrainedNetwork,
} from '../../src/ensemble/index.ts';
import { CounterRandom, type ParameterSpecs } from '../../src/nn/index.ts';
import { loadArtifact, packData, readSummary, saveArtifact, type ArtifactSource } from '../../src/persist/index.ts';
import { estimatorContract } from '../../src/testing/index.ts';

const specs: ParameterSpecs = { weight: { shape: [1, 2], initial: () => new Float64Array(2) } };

/** Members that are one draw each, times the first return: all of an ensemble but the networks. */
interface DrawMember extends TrainedNetwork {
  readonly draw: Float64Array;
}

interface DrawFit extends NetworkFit {
  readonly draws: Float64Array;
}

interface DrawTypes {
  readonly batch: CrossSectionBatch;
  readonly options: FitOptions<CrossSectionBatch, 'training'>;
  readonly member: DrawMember;
  readonly fit: DrawFit;
  readonly phase: 'training';
}

interface DrawConfig {
  readonly seed: number;
  readonly size: number;
  /** How the members' training ends, by number; at the last epoch where absent. */
  readonly stops?: readonly StopReason[];
}

class Draws extends NetworkEnsemble<DrawTypes> {
  readonly modelType = 'draws';
  readonly config;
  protected readonly packageVersion = '1.0.0';
  protected override readonly batchKind = 'cross-section';

  constructor({ size, ...config }: DrawConfig) {
    super();
    const engine = 'embedded-portable' as const;
    this.config = deepFreeze({ ...config, ensembleSize: size, defaultCheckpoint: null, engine, threads: 1 });
  }
  get draws(): Float64Array {
    return this.requireFit('draws').draws.slice();
  }
  /** The draws, whatever the batch. */
  predict(batch: CrossSectionBatch): Promise<{ draws: Float64Array }> {
    return Promise.resolve().then(() => {
      const { draws } = this;
      requirePredictArguments(batch, {}, { operation: 'Draws.predict', kind: this.batchKind });
      return { draws };
    });
  }
  static async load(source: ArtifactSource): Promise<Draws> {
    const artifact = await loadArtifact(source, { modelType: 'draws', formatVersion: 2 });
    const { ensembleSize: size, ...config } = artifact.config as Draws['config'];
    const model = new Draws({ ...config, size });
    const { checkpoints } = artifact.state as { checkpoints: Record<string, string>[] };
    const members = readMembers(artifact, checkpoints, specs, ['draws']);
    const draws = artifact.arrays.draws.data as Float64Array;
    model.restore({ draws, members, summary: readSummary<NetworkFitSummary>(artifact) });
    return model;
  }
  /** What a member is made of. */
  protected draw(seed: number): number {
    return new CounterRandom(seed).uniform();
  }
  protected override prepare(batch: CrossSectionBatch): NetworkTraining<DrawTypes> {
    const returns = batch.requireReturns('Draws.fit');
    let last: DrawMember | undefined;
    return {
      specs,
      validated: false,
      dimensions: { dates: batch.nDates },
      notes: [],
      train: (_engine, { seed, member, report }) => {
        const draw = Float64Array.of(this.draw(seed) * returns[0], Number.NaN, -0);
        last = {
          draw,
          checkpoints: { last: 'epoch-1' },
          snapshots: { 'epoch-1': { weight: Float32Array.of(draw[0], 1) } },
          stopReason: this.config.stops?.[member] ?? 'max-epochs',
          remedy: '',
          length: 1,
          skippedSteps: 0,
        };
        report({ phase: 'training', unit: 'draw', step: 1, total: 1, fraction: 1, metrics: { draw: draw[0] } });
        return Promise.resolve(last);
      },
      keep: (members) => ({
        draws: Float64Array.from(members, ({ draw }) => draw[0]),
        members: members.map(weightsOf),
      }),
      judge: () => Promise.resolve({ trainMetrics: {} }),
      unfinished: () => last,
    };
  }
  protected override specsOf(): ParameterSpecs {
    return specs;
  }
  protected override dataOf({ draws }: DrawFit) {
    return { state: {}, arrays: { draws: { shape: [draws.length], data: draws } } };
  }
}

/** One generator for all: a member depends on those before it. */
class ChainedDraws extends Draws {
  private readonly generator = new CounterRandom(1);
  protected override draw(): number {
    return this.generator.uniform();
  }
}

function batchOf(first: number): CrossSectionBatch {
  return CrossSectionBatch.fromRows({
    timestamps: [0, 0, 1],
    assets: ['a', 'b', 'a'],
    characteristics: { size: [1, 2, 3] },
    returns: [first, 0.1, 0.2],
    returnLag: 0,
  });
}

const [batch, otherBatch] = [batchOf(0.5), batchOf(0.25)];
const config = { seed: 7, size: 3 };
const contractOf = (create: () => Draws): ReturnType<typeof estimatorContract> =>
  estimatorContract<CrossSectionBatch, Draws>({
    create,
    batch,
    otherBatch,
    unusableBatch: batch.withoutReturns(),
    extractOrPredict: (model, on) => model.predict(on),
    load: (path) => Draws.load(path),
  });

async function inFolder(use: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ml4t-ensemble-'));
  try {
    await use(join(folder, 'member'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe('an ensemble of networks', () => {
  for (const { name, run } of contractOf(() => new Draws(config))) it(name, run);

  it('whose members depend on each other breaks the contract', async () => {
    const check = contractOf(() => new ChainedDraws(config)).find(({ name }) => name.includes('trained apart'));
    await expect(check?.run()).rejects.toThrow('combined members');
  });

  it('refuses members that do not belong to it, and says which part differs', async () => {
    const model = new Draws(config);
    const members = [await model.fitMember(batch, 0), await model.fitMember(batch, 1), await model.fitMember(batch, 2)];
    const combine = (changed: object, size = 3) =>
      new Draws({ ...config, size }).combineMembers(batch, [{ ...members[0], ...changed }, ...members.slice(1, size)]);
    await expect(combine({})).resolves.toMatchObject({ runRecord: { dimensions: { members: 3, weights: 2 } } });
    await expect(combine({ modelType: 'cae' })).rejects.toThrow('members[0].modelType: expected draws, found cae');
    await expect(combine({ packageVersion: '0.9.0' })).rejects.toThrow('members[0].packageVersion');
    const own = members[0].config;
    await expect(combine({ config: { ...own, seed: 8 } })).rejects.toThrow('config.seed: expected 7, found 8');
    await expect(combine({ config: { ...own, threads: 8 } })).resolves.toMatchObject({ iterations: 1 });
    await expect(combine({ arithmetic: 'fused' })).rejects.toThrow(
      'members[0].arithmetic: expected embedded-portable, found fused',
    );
    const { inputs } = members[0];
    expect(Object.keys(inputs)).toEqual(
      expect.arrayContaining(['batch.characteristics', 'batch.index.assetIndex', 'batch.returns']),
    );
    await expect(combine({ inputs: { ...inputs, sampleWeights: 'x' } })).rejects.toThrow(
      'members[0].inputs.sampleWeights: expected none, found "x"',
    );
    await expect(combine({ member: 1 })).rejects.toThrow('each of the members 0 to 2 once, found 1, 1, 2');
    await expect(combine({}, 2)).rejects.toThrow('config.ensembleSize: expected 2, found 3');
    await expect(new Draws(config).combineMembers(batch, [])).rejects.toThrow('found none');
    for (const member of [-1, 3, 0.5]) await expect(model.fitMember(batch, member)).rejects.toThrow('from 0 to 2');
  });

  it('has converged when every member stopped early, and not when some did', async () => {
    const fit = (...stops: StopReason[]) => new Draws({ seed: 7, size: stops.length, stops }).fit(batch);
    const early = 'early-stopping';
    expect(await fit(early, early)).toMatchObject({ converged: true, stopReason: early });
    for (const stops of [
      ['max-epochs', early],
      [early, 'max-epochs'],
    ] as const)
      expect(await fit(...stops)).toMatchObject({ converged: false, stopReason: 'max-epochs' });
    // What is not finite is said first, whoever it was.
    expect(await fit(early, 'non-finite-loss')).toMatchObject({ converged: false, stopReason: 'non-finite-loss' });
  });

  it('keeps what an aborted first fit had come to where no member was finished', async () => {
    const model = new Draws(config);
    const stop = new AbortController();
    await expect(model.fit(batch, { signal: stop.signal, onProgress: () => stop.abort() })).rejects.toMatchObject({
      code: 'aborted',
    });
    expect(model.fitSummary.checkpoints).toEqual(['last']);
    expect(model.fitSummary.history).toHaveLength(1);
  });

  it('keeps the members that an aborted first fit finished', async () => {
    const model = new Draws(config);
    const stop = new AbortController();
    const onProgress = ({ member }: Progress): void => (member?.index === 1 ? stop.abort() : undefined);
    await expect(model.fit(batch, { signal: stop.signal, onProgress })).rejects.toMatchObject({ code: 'aborted' });
    expect(model.fitSummary).toMatchObject({
      stopReason: 'aborted',
      converged: false,
      runRecord: { dimensions: { members: 2 } },
      history: [0, 1].map((member) => ({ member, phase: 'training', unit: 'draw', step: 1 })),
    });
  });
});

describe('the artifact of a member', () => {
  it('keeps every bit', () =>
    inFolder(async (path) => {
      const member = await new Draws(config).fitMember(batch, 1);
      await saveMember(path, member);
      const loaded = await loadMember(path);
      expect(loaded).toEqual(member);
      expect(Object.is((loaded.content as DrawMember).draw[2], -0)).toBe(true);
    }));

  it('of the first format is read, and fits to no inputs', () =>
    inFolder(async (path) => {
      const model = new Draws({ seed: 7, size: 1 });
      const { packageVersion, config: own } = await model.fitMember(batch, 0);
      await saveArtifact(path, {
        modelType: 'ensemble-member',
        formatVersion: 1,
        packageVersion,
        config: own,
        state: { ensemble: 'draws', member: 0, data: 'ab', seconds: 1, content: packData({}).text },
        arrays: {},
      });
      await expect(model.combineMembers(batch, [await loadMember(path)])).rejects.toThrow('members[0].inputs.');
    }));

  it('is refused when it is damaged, or no member', () =>
    inFolder(async (path) => {
      const model = new Draws(config);
      await model.fit(batch);
      await model.save(path);
      await expect(loadMember(path)).rejects.toMatchObject({ code: 'artifact' });
      await saveMember(path, await model.fitMember(batch, 1));
      await truncate(path, 100);
      await expect(loadMember(path)).rejects.toMatchObject({ code: 'artifact' });
    }));
});
