import type { FitSummary } from '@ml4t/core';
import { artifactArray, loadArtifact, saveArtifact } from '@ml4t/core/persist';
import * as z from 'zod';
import { readState } from '../saved-state.ts';
import { packageVersion } from '../version.ts';
import type { BetaHeadConfig, BetaHeadConfigInput } from './config.ts';
import type { BetaHeadFit } from './model.ts';

const modelType = 'sdf-beta-network';
const savedState = z.strictObject({
  characteristicNames: z.array(z.string()).min(1),
  contextNames: z.array(z.string()),
  labels: z.record(z.string(), z.int().min(0)),
  dates: z.int().min(0),
  trainingDates: z.int().min(0),
  states: z.int().min(1),
});
const savedArrays = [
  'networks',
  'factorScale',
  'contextTimestamps',
  'contextValues',
  'contextMeans',
  'contextDeviations',
] as const;

export async function saveBetaHead(path: string, config: BetaHeadConfig, fit: BetaHeadFit): Promise<void> {
  const { networks, context } = fit;
  const flat = (a: Float64Array = new Float64Array(0)): { shape: number[]; data: Float64Array } => ({
    shape: [a.length],
    data: a,
  });
  const states = networks.states.length / networks.size;
  await saveArtifact(path, {
    modelType,
    formatVersion: 1,
    packageVersion: packageVersion(),
    config,
    state: {
      characteristicNames: fit.characteristicNames,
      contextNames: context?.names ?? [],
      labels: networks.labels[0],
      dates: context?.timestamps.length ?? 0,
      trainingDates: context?.trainingDates ?? 0,
      states,
    },
    record: fit.summary,
    arrays: {
      networks: { shape: [states, networks.size], data: networks.states },
      factorScale: flat(Float64Array.of(fit.factorScale)),
      contextTimestamps: flat(context?.timestamps),
      contextValues: flat(context?.values),
      contextMeans: flat(context?.means),
      contextDeviations: flat(context?.deviations),
    },
  });
}

/** The configuration, and the fit once the network's size is known from it. */
export async function loadBetaHead(path: string): Promise<{
  readonly config: BetaHeadConfigInput;
  read(sizeOf: (nCharacteristics: number, nContext: number) => number): BetaHeadFit;
}> {
  const artifact = await loadArtifact(path, { modelType, arrays: savedArrays });
  const saved = readState(path, savedState, artifact.state);
  const vector = (name: (typeof savedArrays)[number], length: number): Float64Array =>
    artifactArray(artifact, name, 'F64', [length]);
  return {
    config: artifact.config as BetaHeadConfigInput,
    read(sizeOf) {
      const q = saved.contextNames.length;
      const size = sizeOf(saved.characteristicNames.length, q);
      const context = {
        names: saved.contextNames,
        timestamps: vector('contextTimestamps', saved.dates),
        values: vector('contextValues', saved.dates * q),
        means: vector('contextMeans', q),
        deviations: vector('contextDeviations', q),
        trainingDates: saved.trainingDates,
      };
      return {
        characteristicNames: saved.characteristicNames,
        context: q > 0 ? context : undefined,
        networks: {
          states: artifactArray(artifact, 'networks', 'F32', [saved.states, size]),
          size,
          labels: [saved.labels],
        },
        factorScale: vector('factorScale', 1)[0],
        summary: artifact.record as FitSummary,
      };
    },
  };
}
