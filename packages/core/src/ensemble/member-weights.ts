import type { Snapshot } from '../engine/index.ts';
import type { ParameterSpecs } from '../nn/index.ts';
import { artifactArray, type Artifact, type ArtifactArray } from '../persist/index.ts';

/** Weights and state of one trained network at its checkpoints. */
export interface MemberWeights {
  /** Checkpoint name ('best', 'last', 'epoch-10') to the epoch or step it stands for. */
  readonly checkpoints: Readonly<Record<string, number>>;
  /** By epoch or step. */
  readonly snapshots: Readonly<Record<number, Snapshot>>;
}

/** What training is counted in. */
export type TrainingUnit = 'epoch' | 'step';

/** The arrays of an artifact that hold all members at all their checkpoints: `member-0/epoch-10/layer.weight`. */
export function weightArrays(
  members: readonly MemberWeights[],
  specs: ParameterSpecs,
  unit: TrainingUnit,
): Record<string, ArtifactArray> {
  const arrays: Record<string, ArtifactArray> = {};
  members.forEach(({ snapshots }, m) => {
    for (const [at, snapshot] of Object.entries(snapshots))
      for (const [name, { shape }] of Object.entries(specs))
        arrays[arrayName(m, unit, Number(at), name)] = { shape, data: Float32Array.from(snapshot[name]) };
  });
  return arrays;
}

/** The names of those arrays, for members with these checkpoints. */
export function weightNames(
  checkpoints: readonly MemberWeights['checkpoints'][],
  specs: ParameterSpecs,
  unit: TrainingUnit,
): string[] {
  return checkpoints.flatMap((named, m) =>
    pointsOf(named).flatMap((at) => Object.keys(specs).map((name) => arrayName(m, unit, at, name))),
  );
}

/** The members in an artifact. Throws ArtifactError when an array is missing or has another shape. */
export function readWeights(
  artifact: Artifact,
  checkpoints: readonly MemberWeights['checkpoints'][],
  specs: ParameterSpecs,
  unit: TrainingUnit,
): MemberWeights[] {
  const snapshotAt = (m: number, at: number): Snapshot =>
    Object.fromEntries(
      Object.entries(specs).map(([name, { shape }]) => [
        name,
        artifactArray(artifact, arrayName(m, unit, at, name), 'F32', shape),
      ]),
    );
  return checkpoints.map((named, m) => ({
    checkpoints: named,
    snapshots: Object.fromEntries(pointsOf(named).map((at) => [at, snapshotAt(m, at)])),
  }));
}

function pointsOf(named: MemberWeights['checkpoints']): number[] {
  return [...new Set(Object.values(named))];
}

function arrayName(member: number, unit: TrainingUnit, at: number, name: string): string {
  return `member-${member}/${unit}-${at}/${name}`;
}
