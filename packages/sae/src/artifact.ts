import { readWeights, weightArrays, weightNames } from '@ml4t/core/ensemble';
import {
  artifactArray,
  readState,
  readSummary,
  requireArrays,
  type Artifact,
  type ArtifactArray,
} from '@ml4t/core/persist';
import * as z from 'zod';
import type { SAEConfig } from './config.ts';
import type { SAEFit, SAEFitSummary } from './fitted.ts';
import { saeParameters } from './network.ts';

const savedState = z.strictObject({
  characteristicNames: z.array(z.string()).min(1),
  targetNames: z.array(z.string()).min(1),
  ownReturns: z.boolean(),
  /** Per member: checkpoint name to epoch. */
  checkpoints: z.array(z.record(z.string(), z.int().min(1))).min(1),
});

const scales = ['inputMean', 'inputScale', 'targetMean', 'targetScale'] as const;

/** What of a fit an artifact holds beside configuration and summary. */
export function contentOf(
  config: SAEConfig,
  fit: SAEFit,
): { readonly state: z.input<typeof savedState>; readonly arrays: Record<string, ArtifactArray> } {
  const { characteristicNames, targetNames, ownReturns, inputs, targets, members } = fit;
  const specs = saeParameters(config, { inputs: characteristicNames.length, outputs: targetNames.length });
  const vector = (data: Float64Array): ArtifactArray => ({ shape: [data.length], data });
  return {
    state: {
      characteristicNames: [...characteristicNames],
      targetNames: [...targetNames],
      ownReturns,
      checkpoints: members.map(({ checkpoints }) => checkpoints),
    },
    arrays: {
      inputMean: vector(inputs.mean),
      inputScale: vector(inputs.scale),
      targetMean: vector(targets.mean),
      targetScale: vector(targets.scale),
      ...weightArrays(members, specs, 'epoch'),
    },
  };
}

/** The fit in a verified artifact. Throws ArtifactError when its parts do not belong together. */
export function fitOf(artifact: Artifact, config: SAEConfig): SAEFit {
  const { checkpoints, ...state } = readState(artifact, savedState);
  const [p, c] = [state.characteristicNames.length, state.targetNames.length];
  const specs = saeParameters(config, { inputs: p, outputs: c });
  requireArrays(artifact, [...scales, ...weightNames(checkpoints, specs, 'epoch')]);
  const scale = (name: (typeof scales)[number], length: number): Float64Array =>
    artifactArray(artifact, name, 'F64', [length]);
  return {
    ...state,
    inputs: { mean: scale('inputMean', p), scale: scale('inputScale', p) },
    targets: { mean: scale('targetMean', c), scale: scale('targetScale', c) },
    members: readWeights(artifact, checkpoints, specs, 'epoch'),
    summary: readSummary<SAEFitSummary>(
      artifact,
      { checkpoints: z.array(z.string()), calibration: z.array(z.looseObject({})) },
      Object.keys(checkpoints[0]),
    ),
  };
}
