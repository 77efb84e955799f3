import {
  commonCheckpoints,
  readWeights,
  savedCheckpoints,
  type MemberWeights,
  type NetworkFitSummary,
} from '@ml4t/core/ensemble';
import type { ParameterSpecs } from '@ml4t/core/nn';
import { artifactArray, readState, readSummary, type Artifact, type ArtifactContent } from '@ml4t/core/persist';
import * as z from 'zod';
import { ownLabel } from './checkpoints.ts';
import type { ContextHistory } from './context.ts';

/** What a fitted network model keeps: its columns, its context and its networks at every checkpoint. */
export interface FittedModel {
  readonly characteristicNames: readonly string[];
  readonly context: ContextHistory | undefined;
  readonly members: readonly MemberWeights[];
  readonly summary: NetworkFitSummary;
}

const data = {
  characteristicNames: z.array(z.string()).min(1),
  contextNames: z.array(z.string()),
  dates: z.int().min(0),
  trainingDates: z.int().min(0),
};
const savedState = z.strictObject({ ...data, checkpoints: savedCheckpoints('epoch') });
/** Of the first format: the row of each label in one matrix of all states. */
const savedFirst = z.strictObject({
  ...data,
  labels: z.array(z.record(z.string(), z.int().min(0))).min(1),
  states: z.int().min(1),
});

/** What of a fit an artifact holds beside members, configuration and summary: columns, context history. */
export function toArtifact({ characteristicNames, context }: Pick<FittedModel, 'characteristicNames' | 'context'>): {
  readonly state: object;
  readonly arrays: ArtifactContent['arrays'];
} {
  const flat = (data: Float64Array = new Float64Array(0)) => ({ shape: [data.length], data });
  return {
    state: {
      characteristicNames,
      contextNames: context?.names ?? [],
      dates: context?.timestamps.length ?? 0,
      trainingDates: context?.trainingDates ?? 0,
    },
    arrays: {
      contextTimestamps: flat(context?.timestamps),
      contextValues: flat(context?.values),
      contextMeans: flat(context?.means),
      contextDeviations: flat(context?.deviations),
    },
  };
}

/** The fit in a verified artifact. Throws ArtifactError when its parts do not belong together. */
export function fromArtifact(
  artifact: Artifact,
  specsOf: (nCharacteristics: number, nContext: number) => ParameterSpecs,
): FittedModel {
  const first = artifact.formatVersion === 1 ? readState(artifact, savedFirst) : undefined;
  const state = first ?? readState(artifact, savedState);
  const { characteristicNames, contextNames, dates, trainingDates } = state;
  const q = contextNames.length;
  const specs = specsOf(characteristicNames.length, q);
  const vector = (name: string, length: number): Float64Array => artifactArray(artifact, name, 'F64', [length]);
  const members =
    'checkpoints' in state
      ? readWeights(artifact, state.checkpoints, specs)
      : state.labels.map((labels) => unpack(artifact, labels, state.states, specs));
  const context = {
    names: contextNames,
    timestamps: vector('contextTimestamps', dates),
    values: vector('contextValues', dates * q),
    trainingDates,
    means: vector('contextMeans', q),
    deviations: vector('contextDeviations', q),
  };
  const common = commonCheckpoints(members);
  const summary = readSummary<NetworkFitSummary>(artifact, {}, first ? undefined : common);
  return {
    characteristicNames,
    context: q > 0 ? context : undefined,
    members,
    summary: {
      ...summary,
      defaultCheckpoint: summary.defaultCheckpoint === undefined ? undefined : ownLabel(summary.defaultCheckpoint),
      checkpoints: common,
    },
  };
}

/** A member of the first format: its states lie in rows of a matrix, their arrays one after another in the order of the parameters. */
function unpack(
  artifact: Artifact,
  labels: Readonly<Record<string, number>>,
  states: number,
  specs: ParameterSpecs,
): MemberWeights {
  const sizes = Object.entries(specs).map(([name, { shape }]) => [name, shape.reduce((a, b) => a * b, 1)] as const);
  const size = sizes.reduce((sum, [, length]) => sum + length, 0);
  const packed = artifactArray(artifact, 'networks', 'F32', [states, size]);
  const snapshots: Record<string, MemberWeights['snapshots'][string]> = {};
  for (const row of new Set(Object.values(labels))) {
    let at = row * size;
    snapshots[`state-${row}`] = Object.fromEntries(
      sizes.map(([name, length]) => [name, packed.slice(at, (at += length))]),
    );
  }
  const named = Object.entries(labels).map(([label, row]) => [ownLabel(label), `state-${row}`] as const);
  return { checkpoints: Object.fromEntries(named), snapshots };
}

/** The configuration in an artifact. In the first format weight decay was what is `l2` now. */
export function configOf({ formatVersion, config }: Artifact): object {
  const { weightDecay, ...rest } = config as { readonly weightDecay?: number };
  return formatVersion === 1 && weightDecay !== undefined ? { ...rest, l2: weightDecay } : (config as object);
}
