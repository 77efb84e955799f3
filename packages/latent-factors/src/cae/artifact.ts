import { ArtifactError, type FitSummary } from '@ml4t/core';
import { artifactArray, readState, readSummary, type Artifact, type ArtifactArray } from '@ml4t/core/persist';
import * as z from 'zod';
import type { FactorReturnSeries } from '../ipca/given-factors.ts';
import { checkpointNames } from './checkpoints.ts';
import { hasGain, type CAEConfig } from './config.ts';
import { checkpointGrid, type Ensemble, type Member, type MemberSnapshot } from './members.ts';
import { networkParameters } from './network.ts';

/** What a fit leaves behind. */
export interface CAEFit extends Ensemble {
  readonly characteristicNames: readonly string[];
  readonly portfolioNames: readonly string[];
  /** The series given to `fit`, kept for `extract`. */
  readonly given: FactorReturnSeries | undefined;
  readonly checkpoints: readonly string[];
  readonly defaultCheckpoint: string;
  readonly summary: FitSummary;
}

const savedState = z.strictObject({
  characteristicNames: z.array(z.string()).min(1),
  portfolioNames: z.array(z.string()),
  givenDates: z.int().min(0).nullable(),
  defaultCheckpoint: z.string(),
  /** Absent in artifacts from before dates needed more rows than factors. */
  minimumRows: z.int().min(1).optional(),
  members: z
    .array(
      z.strictObject({
        seed: z.int(),
        bestEpoch: z.int().min(1).nullable(),
        lastEpoch: z.int().min(1),
        epochs: z.array(z.int().min(1)).min(1),
      }),
    )
    .min(1),
});

/** What of a fit is JSON. */
export function stateOf(fit: CAEFit): z.input<typeof savedState> {
  return {
    characteristicNames: [...fit.characteristicNames],
    portfolioNames: [...fit.portfolioNames],
    givenDates: fit.given ? fit.given.timestamps.length : null,
    defaultCheckpoint: fit.defaultCheckpoint,
    minimumRows: fit.regression.minimumRows,
    members: fit.members.map(({ seed, bestEpoch, lastEpoch, snapshots }) => ({
      seed,
      bestEpoch: bestEpoch ?? null,
      lastEpoch,
      epochs: Object.keys(snapshots).map(Number),
    })),
  };
}

/** All weights of all members at all their epochs, and what turns them into the caller's units and coordinates. */
export function arraysOf({ shape, scales, members, given }: CAEFit): Record<string, ArtifactArray> {
  const arrays: Record<string, ArtifactArray> = {
    scales: { shape: [2], data: Float64Array.of(scales.target, scales.regressand) },
    portfolioScales: { shape: [shape.portfolios], data: scales.portfolios },
  };
  if (given) {
    arrays['given.timestamps'] = { shape: [given.timestamps.length], data: given.timestamps };
    arrays['given.values'] = { shape: [given.timestamps.length, given.names.length], data: given.values };
  }
  const specs = networkParameters(shape);
  const k = shape.factors;
  members.forEach(({ snapshots }, m) => {
    for (const [epoch, { values, rotation }] of Object.entries(snapshots)) {
      const prefix = prefixOf(m, Number(epoch));
      arrays[`${prefix}.rotation.betas`] = { shape: [k, k], data: rotation.betas };
      arrays[`${prefix}.rotation.factors`] = { shape: [k, k], data: rotation.factors };
      for (const [name, { shape: dimensions }] of Object.entries(specs))
        arrays[`${prefix}.${name}`] = { shape: dimensions, data: Float32Array.from(values[name]) };
    }
  });
  return arrays;
}

/** The fit in a verified artifact. Throws ArtifactError when its parts do not belong together. */
export function fitOf(artifact: Artifact, config: CAEConfig): CAEFit {
  const state = readState(artifact, savedState);
  const { characteristicNames, portfolioNames, givenDates, defaultCheckpoint } = state;
  const k = config.nFactors;
  const shape = {
    characteristics: characteristicNames.length,
    hiddenUnits: config.hiddenUnits,
    factors: k,
    portfolios: portfolioNames.length,
    gain: hasGain(config, portfolioNames.length > 0 ? 'managed' : 'regression'),
  };
  const read = (name: string, dimensions: readonly number[]): Float64Array =>
    artifactArray(artifact, name, 'F64', dimensions);
  const members = state.members.map(({ seed, bestEpoch, lastEpoch, epochs }, m): Member => {
    const snapshots: Record<number, MemberSnapshot> = {};
    for (const epoch of epochs) {
      const prefix = prefixOf(m, epoch);
      const weights = Object.entries(networkParameters(shape)).map(
        ([name, spec]) => [name, artifactArray(artifact, `${prefix}.${name}`, 'F32', spec.shape)] as const,
      );
      const rotation = {
        betas: read(`${prefix}.rotation.betas`, [k, k]),
        factors: read(`${prefix}.rotation.factors`, [k, k]),
      };
      snapshots[epoch] = { values: Object.fromEntries(weights), rotation };
    }
    const missing = [lastEpoch, bestEpoch ?? lastEpoch].find((epoch) => !(epoch in snapshots));
    if (missing !== undefined) throw inconsistent(artifact, `members[${m}]`, `the weights of epoch ${missing}`);
    return { seed, bestEpoch: bestEpoch ?? undefined, lastEpoch, snapshots };
  });
  const checkpoints = checkpointNames(members, checkpointGrid(config));
  if (!checkpoints.includes(defaultCheckpoint))
    throw inconsistent(artifact, 'defaultCheckpoint', `one of ${checkpoints.join(', ')}`);
  const [target, regressand] = read('scales', [2]);
  const width = portfolioNames.length;
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
    checkpoints,
    defaultCheckpoint,
    summary: readSummary(artifact),
  };
}

function prefixOf(member: number, epoch: number): string {
  return `member-${member + 1}.epoch-${epoch}`;
}

function inconsistent(artifact: Artifact, field: string, expected: string): ArtifactError {
  return new ArtifactError({
    field: `${artifact.path}: state.${field}`,
    expected,
    found: 'none',
    remedy: 'The artifact does not fit its own configuration: save the model again.',
  });
}
