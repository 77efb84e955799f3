import type { FitSummary } from '@ml4t/core';
import {
  artifactArray,
  loadArtifact,
  readState,
  readSummary,
  type ArtifactContent,
  type ArtifactSource,
} from '@ml4t/core/persist';
import * as z from 'zod';
import { ownLabel } from './checkpoints.ts';
import type { ContextHistory } from './context.ts';
import type { PackedNetworks } from './fitted-networks.ts';

/** What a fitted network model keeps: its columns, its context and its networks at every checkpoint. */
export interface FittedModel {
  readonly characteristicNames: readonly string[];
  readonly context: ContextHistory | undefined;
  readonly networks: PackedNetworks;
  readonly summary: FitSummary;
}

const savedState = z.strictObject({
  characteristicNames: z.array(z.string()).min(1),
  contextNames: z.array(z.string()),
  labels: z.array(z.record(z.string(), z.int().min(0))).min(1),
  dates: z.int().min(0),
  trainingDates: z.int().min(0),
  states: z.int().min(1),
});
const savedArrays = ['networks', 'contextTimestamps', 'contextValues', 'contextMeans', 'contextDeviations'];

/** What of a fit an artifact holds beside configuration and summary: checkpoints, context history and single numbers. */
export function contentOf(
  fit: Omit<FittedModel, 'summary'>,
  numbers: Readonly<Record<string, number>> = {},
): Pick<ArtifactContent, 'state' | 'arrays'> {
  const { networks, context } = fit;
  const flat = (a: Float64Array = new Float64Array(0)): { shape: number[]; data: Float64Array } => ({
    shape: [a.length],
    data: a,
  });
  const states = networks.states.length / networks.size;
  return {
    state: {
      characteristicNames: [...fit.characteristicNames],
      contextNames: [...(context?.names ?? [])],
      labels: [...networks.labels],
      dates: context?.timestamps.length ?? 0,
      trainingDates: context?.trainingDates ?? 0,
      states,
    } satisfies z.input<typeof savedState>,
    arrays: {
      networks: { shape: [states, networks.size], data: networks.states },
      contextTimestamps: flat(context?.timestamps),
      contextValues: flat(context?.values),
      contextMeans: flat(context?.means),
      contextDeviations: flat(context?.deviations),
      ...Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, flat(Float64Array.of(value))])),
    },
  };
}

/** A verified artifact: its configuration, and the fit once the size of a network is known from it. */
export interface LoadedModel {
  readonly config: unknown;
  read(networkSizeOf: (nCharacteristics: number, nContext: number) => number): FittedModel;
  number(name: string): number;
}

/** Throws ArtifactError when the artifact is missing, damaged or of another model. */
export async function loadFittedModel(
  source: ArtifactSource,
  modelType: string,
  numbers: readonly string[] = [],
): Promise<LoadedModel> {
  const artifact = await loadArtifact(source, { modelType, arrays: [...savedArrays, ...numbers] });
  const saved = readState(artifact, savedState);
  const vector = (name: string, length: number): Float64Array => artifactArray(artifact, name, 'F64', [length]);
  return {
    config: artifact.config,
    read(networkSizeOf) {
      const q = saved.contextNames.length;
      const size = networkSizeOf(saved.characteristicNames.length, q);
      const context: ContextHistory = {
        names: saved.contextNames,
        timestamps: vector('contextTimestamps', saved.dates),
        values: vector('contextValues', saved.dates * q),
        trainingDates: saved.trainingDates,
        means: vector('contextMeans', q),
        deviations: vector('contextDeviations', q),
      };
      return {
        characteristicNames: saved.characteristicNames,
        context: q > 0 ? context : undefined,
        networks: {
          states: artifactArray(artifact, 'networks', 'F32', [saved.states, size]),
          size,
          labels: saved.labels.map((rows) =>
            Object.fromEntries(Object.entries(rows).map(([label, row]) => [ownLabel(label), row])),
          ),
        },
        summary: readSummary(artifact),
      };
    },
    number: (name) => vector(name, 1)[0],
  };
}
