import { ArtifactError } from '@ml4t/core';
import { artifactArray, loadArtifact, saveArtifact, type Artifact, type ArtifactArray } from '@ml4t/core/persist';
import * as z from 'zod';
import { parseSAEConfig, type SAEConfig } from './config.ts';
import type { SAEFit, SAEFitSummary } from './fitted.ts';
import { saeParameters } from './network.ts';
import { readState } from './saved-state.ts';
import { packageVersion } from './version.ts';

const savedState = z.strictObject({
  characteristicNames: z.array(z.string()).min(1),
  targetNames: z.array(z.string()).min(1),
  ownReturns: z.boolean(),
  /** Per member: checkpoint name to epoch. */
  checkpoints: z.array(z.record(z.string(), z.int().min(1))).min(1),
});

const scales = ['inputMean', 'inputScale', 'targetMean', 'targetScale'] as const;

/** Where the weights of a member after an epoch are stored. */
const folder = (member: number, epoch: number): string => `member-${member}/epoch-${epoch}`;

export async function writeArtifact(path: string, config: SAEConfig, fit: SAEFit): Promise<void> {
  const { characteristicNames, targetNames, ownReturns, inputs, targets, members, summary } = fit;
  const specs = saeParameters(config, { inputs: characteristicNames.length, outputs: targetNames.length });
  const vector = (data: Float64Array): ArtifactArray => ({ shape: [data.length], data });
  const arrays: Record<string, ArtifactArray> = {
    inputMean: vector(inputs.mean),
    inputScale: vector(inputs.scale),
    targetMean: vector(targets.mean),
    targetScale: vector(targets.scale),
  };
  members.forEach(({ snapshots }, m) => {
    for (const [epoch, snapshot] of Object.entries(snapshots))
      for (const [name, { shape }] of Object.entries(specs))
        arrays[`${folder(m, Number(epoch))}/${name}`] = { shape, data: Float32Array.from(snapshot[name]) };
  });
  await saveArtifact(path, {
    modelType: 'sae',
    formatVersion: 1,
    packageVersion: packageVersion(),
    config,
    state: { characteristicNames, targetNames, ownReturns, checkpoints: members.map(({ checkpoints }) => checkpoints) },
    record: summary,
    arrays,
  });
}

export async function readArtifact(path: string): Promise<{ readonly config: SAEConfig; readonly fit: SAEFit }> {
  const artifact = await loadArtifact(path, { modelType: 'sae' });
  const config = parseSAEConfig(artifact.config);
  const { checkpoints, ...state } = readState(path, savedState, artifact.state);
  const [p, c] = [state.characteristicNames.length, state.targetNames.length];
  const specs = Object.entries(saeParameters(config, { inputs: p, outputs: c }));
  const epochsOf = (named: Readonly<Record<string, number>>): number[] => [...new Set(Object.values(named))];
  requireInventory(path, artifact, [
    ...scales,
    ...checkpoints.flatMap((named, m) =>
      epochsOf(named).flatMap((epoch) => specs.map(([name]) => `${folder(m, epoch)}/${name}`)),
    ),
  ]);
  const scale = (name: (typeof scales)[number], length: number): Float64Array =>
    artifactArray(artifact, name, 'F64', [length]);
  const members = checkpoints.map((named, m) => ({
    checkpoints: named,
    snapshots: Object.fromEntries(
      epochsOf(named).map((epoch) => [
        epoch,
        Object.fromEntries(
          specs.map(([name, { shape }]) => [
            name,
            artifactArray(artifact, `${folder(m, epoch)}/${name}`, 'F32', shape),
          ]),
        ),
      ]),
    ),
  }));
  return {
    config,
    fit: {
      ...state,
      inputs: { mean: scale('inputMean', p), scale: scale('inputScale', p) },
      targets: { mean: scale('targetMean', c), scale: scale('targetScale', c) },
      members,
      summary: artifact.record as SAEFitSummary,
    },
  };
}

function requireInventory(path: string, { arrays }: Artifact, wanted: readonly string[]): void {
  const extra = Object.keys(arrays).find((name) => !wanted.includes(name));
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
