import * as z from 'zod';
import type { Snapshot } from '../engine/index.ts';
import type { ParameterSpecs } from '../nn/index.ts';
import { artifactArray, requireArrays, type Artifact, type ArtifactArray } from '../persist/index.ts';
import type { Checkpoints } from '../train/index.ts';

/** Weights and state of one trained network at its checkpoints. */
export interface MemberWeights {
  /** Label ('epoch-10', 'best', 'last') to the key of the state that it stands for. */
  readonly checkpoints: Readonly<Record<string, string>>;
  /** By key, which is the label of the epoch or step: 'epoch-10'. */
  readonly snapshots: Readonly<Record<string, Snapshot>>;
}

/** What training is counted in. */
export type TrainingUnit = 'epoch' | 'step';

/** How the checkpoints of `train` are labelled. */
export interface Labelling {
  /** Whether an epoch is listed under its own number, beside being the best or the last. */
  readonly lists: (epoch: number) => boolean;
  /** `epoch-n` where absent. */
  readonly keyOf?: ((epoch: number) => string) | undefined;
  /** In front of every label: 'conditional/'. */
  readonly prefix?: string | undefined;
}

/** The states that training kept, by label: the listed epochs, `best` where a validation chose it, `last` where there was an epoch. */
export function labelledStates(
  kept: Checkpoints,
  { lists, keyOf = (epoch) => `epoch-${epoch}`, prefix = '' }: Labelling,
): MemberWeights {
  const key = (epoch: number): string => prefix + keyOf(epoch);
  const { epochs, bestEpoch, lastEpoch } = kept;
  const checkpoints = Object.fromEntries([
    ...epochs.filter(lists).map((epoch) => [key(epoch), key(epoch)] as const),
    ...(bestEpoch === undefined ? [] : [[`${prefix}best`, key(bestEpoch)] as const]),
    ...(lastEpoch === undefined ? [] : [[`${prefix}last`, key(lastEpoch)] as const]),
  ]);
  const named = new Set(Object.values(checkpoints));
  const states = epochs.filter((epoch) => named.has(key(epoch))).map((epoch) => [key(epoch), kept.get(epoch)] as const);
  return { checkpoints, snapshots: Object.fromEntries(states) };
}

/** Those of a member alone, without how it was trained. */
export function weightsOf({ checkpoints, snapshots }: MemberWeights): MemberWeights {
  return { checkpoints, snapshots };
}

/** The weights of a member at a checkpoint that it has. */
export function snapshotAt({ checkpoints, snapshots }: MemberWeights, checkpoint: string): Snapshot {
  return snapshots[checkpoints[checkpoint]];
}

/** Checkpoints that every member has, in the order of the first member's. Members stop where each of them had to. */
export function commonCheckpoints(members: readonly Pick<MemberWeights, 'checkpoints'>[]): string[] {
  if (members.length === 0) return [];
  return Object.keys(members[0].checkpoints).filter((name) =>
    members.every(({ checkpoints }) => checkpoints[name] !== undefined),
  );
}

/** The checkpoints of all members in a saved state; those of the first format had epochs or steps in place of keys. */
export const savedCheckpoints = (unit: TrainingUnit) =>
  z
    .array(
      z.record(
        z.string(),
        z.union([
          z.string(),
          z
            .int()
            .min(1)
            .transform((at) => `${unit}-${at}`),
        ]),
      ),
    )
    .min(1);

/** The arrays of an artifact that hold all members at all their checkpoints: `member-0/epoch-10/layer.weight`. */
export function weightArrays(members: readonly MemberWeights[], specs: ParameterSpecs): Record<string, ArtifactArray> {
  const arrays: Record<string, ArtifactArray> = {};
  members.forEach(({ snapshots }, m) => {
    for (const [key, snapshot] of Object.entries(snapshots))
      for (const [name, { shape }] of Object.entries(specs))
        arrays[`member-${m}/${key}/${name}`] = { shape, data: Float32Array.from(snapshot[name]) };
  });
  return arrays;
}

/** The members in an artifact that holds them and the arrays of these names. Throws ArtifactError when there are others, or of another shape. */
export function readMembers(
  artifact: Artifact,
  checkpoints: readonly MemberWeights['checkpoints'][],
  specs: ParameterSpecs,
  others: readonly string[],
): MemberWeights[] {
  const names = checkpoints.flatMap((named, m) =>
    keysOf(named).flatMap((key) => Object.keys(specs).map((name) => `member-${m}/${key}/${name}`)),
  );
  requireArrays(artifact, [...others, ...names]);
  return readWeights(artifact, checkpoints, specs);
}

/** The members in an artifact. Throws ArtifactError when an array is missing or has another shape. */
export function readWeights(
  artifact: Artifact,
  checkpoints: readonly MemberWeights['checkpoints'][],
  specs: ParameterSpecs,
  nameOf = (member: number, key: string, name: string): string => `member-${member}/${key}/${name}`,
): MemberWeights[] {
  return checkpoints.map((named, m) => {
    const snapshotOf = (key: string): Snapshot =>
      Object.fromEntries(
        Object.entries(specs).map(([name, { shape }]) => [
          name,
          artifactArray(artifact, nameOf(m, key, name), 'F32', shape),
        ]),
      );
    return { checkpoints: named, snapshots: Object.fromEntries(keysOf(named).map((key) => [key, snapshotOf(key)])) };
  });
}

function keysOf(named: MemberWeights['checkpoints']): string[] {
  return [...new Set(Object.values(named))];
}
