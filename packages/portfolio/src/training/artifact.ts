import { ArtifactError } from '@ml4t/core';
import { artifactArray, loadArtifact, saveArtifact, type Artifact, type ArtifactArray } from '@ml4t/core/persist';
import type { ParameterSpecs } from '@ml4t/core/nn';
import * as z from 'zod';
import type { PortfolioConfig } from '../config.ts';
import { packageVersion } from '../version.ts';
import type { NetworkFit, PortfolioFitSummary } from './network-model.ts';
import type { NetworkSizes } from './network.ts';

const savedState = z.strictObject({
  assetIds: z.array(z.string()).min(1),
  featureNames: z.array(z.string()).min(1),
  nGroups: z.int().min(0),
  costScale: z.number().positive(),
  volatilityScaled: z.boolean(),
  /** Per member: checkpoint name to step. */
  checkpoints: z.array(z.record(z.string(), z.int().min(1))).min(1),
});

/** Where the weights of a member after a step are stored. */
const folder = (member: number, step: number): string => `member-${member}/step-${step}`;

export async function writeArtifact(
  path: string,
  model: { readonly modelType: string; readonly config: PortfolioConfig },
  specs: ParameterSpecs,
  fit: NetworkFit,
): Promise<void> {
  const { assetIds, featureNames, sizes, scale, volatilityScaled, members, summary } = fit;
  const vector = (data: Float64Array): ArtifactArray => ({ shape: [data.length], data });
  const arrays: Record<string, ArtifactArray> = {
    featureMean: vector(scale.mean),
    featureDeviation: vector(scale.deviation),
  };
  members.forEach(({ snapshots }, m) => {
    for (const [step, snapshot] of Object.entries(snapshots))
      for (const [name, { shape }] of Object.entries(specs))
        arrays[`${folder(m, Number(step))}/${name}`] = { shape, data: Float32Array.from(snapshot[name]) };
  });
  await saveArtifact(path, {
    ...model,
    formatVersion: 1,
    packageVersion: packageVersion(),
    state: {
      assetIds,
      featureNames,
      nGroups: sizes.nGroups,
      costScale: scale.cost,
      volatilityScaled,
      checkpoints: members.map(({ checkpoints }) => checkpoints),
    },
    record: summary,
    arrays,
  });
}

/** The configuration that an artifact was made with, unparsed. */
export async function artifactConfig(path: string, modelType: string): Promise<unknown> {
  return (await loadArtifact(path, { modelType })).config;
}

export async function readArtifact(
  path: string,
  modelType: string,
  parameters: (sizes: NetworkSizes) => ParameterSpecs,
): Promise<NetworkFit> {
  const artifact = await loadArtifact(path, { modelType });
  const { assetIds, featureNames, nGroups, costScale, volatilityScaled, checkpoints } = readState(path, artifact.state);
  const sizes = { nFeatures: featureNames.length, nAssets: assetIds.length, nGroups };
  const specs = Object.entries(parameters(sizes));
  const stepsOf = (named: Readonly<Record<string, number>>): number[] => [...new Set(Object.values(named))];
  requireInventory(path, artifact, [
    'featureMean',
    'featureDeviation',
    ...checkpoints.flatMap((named, m) =>
      stepsOf(named).flatMap((step) => specs.map(([name]) => `${folder(m, step)}/${name}`)),
    ),
  ]);
  const vector = (name: string): Float64Array => artifactArray(artifact, name, 'F64', [featureNames.length]);
  const members = checkpoints.map((named, m) => ({
    checkpoints: named,
    snapshots: Object.fromEntries(
      stepsOf(named).map((step) => [
        step,
        Object.fromEntries(
          specs.map(([name, { shape }]) => [name, artifactArray(artifact, `${folder(m, step)}/${name}`, 'F32', shape)]),
        ),
      ]),
    ),
  }));
  return {
    assetIds,
    featureNames,
    sizes,
    volatilityScaled,
    scale: { mean: vector('featureMean'), deviation: vector('featureDeviation'), cost: costScale },
    members,
    summary: artifact.record as PortfolioFitSummary,
  };
}

function readState(path: string, state: unknown): z.output<typeof savedState> {
  const result = savedState.safeParse(state);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new ArtifactError({
    field: `${path}: state.${issue.path.join('.')}`,
    expected: 'the state that this model saves',
    found: issue.message,
    remedy: 'Save the model again with this version of the package.',
    cause: result.error,
  });
}

function requireInventory(path: string, { arrays }: Artifact, wanted: readonly string[]): void {
  const known = new Set(wanted);
  const extra = Object.keys(arrays).find((name) => !known.has(name));
  const absent = wanted.find((name) => !(name in arrays));
  const wrong = absent ?? extra;
  if (wrong === undefined) return;
  throw new ArtifactError({
    field: `${path}: arrays.${wrong}`,
    expected: absent === undefined ? 'no array but those of the members and checkpoints listed' : 'the array',
    found: absent === undefined ? 'an extra array' : 'no such array',
    remedy: 'Save the model again.',
  });
}
