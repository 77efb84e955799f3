import {
  commonCheckpoints,
  keeps,
  readWeights,
  savedCheckpoints,
  type MemberWeights,
  type NetworkFit,
  type NetworkFitSummary,
} from '@ml4t/core/ensemble';
import { artifactArray, readState, readSummary, type Artifact, type ArtifactArray } from '@ml4t/core/persist';
import * as z from 'zod';
import type { FactorReturnSeries } from '../ipca/given-factors.ts';
import { hasGain, type CAEConfig } from './config.ts';
import type { Rotation } from './exposures.ts';
import type { Ensemble, Member } from './members.ts';
import { networkParameters } from './network.ts';

/** What a fit leaves behind. */
export interface CAEFit extends Ensemble, NetworkFit {
  readonly members: readonly Member[];
  readonly characteristicNames: readonly string[];
  readonly portfolioNames: readonly string[];
  /** The series given to `fit`, kept for `extract`. */
  readonly given: FactorReturnSeries | undefined;
}

const data = {
  characteristicNames: z.array(z.string()).min(1),
  portfolioNames: z.array(z.string()),
  givenDates: z.int().min(0).nullable(),
  /** Absent in artifacts from before dates needed more rows than factors. */
  minimumRows: z.int().min(1).optional(),
};
const savedState = z.strictObject({ ...data, checkpoints: savedCheckpoints('epoch') });

const epoch = z.int().min(1);
const savedMember = z.strictObject({
  seed: z.int(),
  bestEpoch: epoch.nullable(),
  lastEpoch: epoch,
  epochs: z.array(epoch).min(1),
});
/** Of the first format, whose members were counted from 1. */
const savedFirst = z.strictObject({ ...data, defaultCheckpoint: z.string(), members: z.array(savedMember).min(1) });

/** What of a fit an artifact holds beside weights, configuration and summary: what turns them into the caller's units and coordinates. */
export function toArtifact({ shape, scales, regression, members, given, characteristicNames, portfolioNames }: CAEFit) {
  const [k, dates] = [shape.factors, given?.timestamps.length ?? null];
  const arrays: Record<string, ArtifactArray> = {
    scales: { shape: [2], data: Float64Array.of(scales.target, scales.regressand) },
    portfolioScales: { shape: [shape.portfolios], data: scales.portfolios },
  };
  if (given) {
    arrays['given.timestamps'] = { shape: [given.timestamps.length], data: given.timestamps };
    arrays['given.values'] = { shape: [given.timestamps.length, given.names.length], data: given.values };
  }
  members.forEach(({ rotations }, m) => {
    for (const [key, { betas, factors }] of Object.entries(rotations)) {
      arrays[`member-${m}/${key}/rotation.betas`] = { shape: [k, k], data: betas };
      arrays[`member-${m}/${key}/rotation.factors`] = { shape: [k, k], data: factors };
    }
  });
  return {
    state: { characteristicNames, portfolioNames, givenDates: dates, minimumRows: regression.minimumRows },
    arrays,
  };
}

/** The fit in a verified artifact. Throws ArtifactError when its parts do not belong together. */
export function fromArtifact(artifact: Artifact, config: CAEConfig): CAEFit {
  const first = artifact.formatVersion === 1 ? readState(artifact, savedFirst) : undefined;
  const state = first ?? readState(artifact, savedState);
  const checkpoints =
    'checkpoints' in state ? state.checkpoints : state.members.map((member) => labelsOf(member, config));
  const nameOf = (m: number, key: string, name: string): string =>
    first ? `member-${m + 1}.${key}.${name}` : `member-${m}/${key}/${name}`;
  const { characteristicNames, portfolioNames, givenDates } = state;
  const [k, width] = [config.nFactors, portfolioNames.length];
  const shape = {
    characteristics: characteristicNames.length,
    hiddenUnits: config.hiddenUnits,
    factors: k,
    portfolios: width,
    gain: hasGain(config, width > 0 ? 'managed' : 'regression'),
  };
  const read = (name: string, dimensions: readonly number[]): Float64Array =>
    artifactArray(artifact, name, 'F64', dimensions);
  const members = readWeights(artifact, checkpoints, networkParameters(shape), nameOf).map((member, m): Member => {
    const rotationOf = (key: string): Rotation => ({
      betas: read(nameOf(m, key, 'rotation.betas'), [k, k]),
      factors: read(nameOf(m, key, 'rotation.factors'), [k, k]),
    });
    const keys = Object.keys(member.snapshots);
    return { ...member, rotations: Object.fromEntries(keys.map((key) => [key, rotationOf(key)])) };
  });
  const [target, regressand] = read('scales', [2]);
  const common = commonCheckpoints(members);
  const summary = readSummary<NetworkFitSummary>(artifact, {}, common);
  return {
    shape,
    scales: { target, regressand, portfolios: read('portfolioScales', [width]) },
    regression: { factorRidge: config.factorRidge, minimumRows: state.minimumRows ?? k },
    members,
    characteristicNames,
    portfolioNames,
    given:
      givenDates === null
        ? undefined
        : {
            names: portfolioNames,
            timestamps: read('given.timestamps', [givenDates]),
            values: read('given.values', [givenDates, width]),
          },
    summary: { ...summary, checkpoints: common },
  };
}

function labelsOf(
  { bestEpoch, lastEpoch, epochs }: z.output<typeof savedMember>,
  config: CAEConfig,
): MemberWeights['checkpoints'] {
  const kept = epochs.filter((at) => keeps(config, at)).map((at) => [`epoch-${at}`, `epoch-${at}`] as const);
  const best = bestEpoch === null ? [] : [['best', `epoch-${bestEpoch}`] as const];
  return Object.fromEntries([...kept, ...best, ['last', `epoch-${lastEpoch}`] as const]);
}
