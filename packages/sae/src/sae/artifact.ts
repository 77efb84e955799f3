import { readMembers, savedCheckpoints } from '@ml4t/core/ensemble';
import { artifactArray, readState, readSummary, type Artifact, type ArtifactContent } from '@ml4t/core/persist';
import * as z from 'zod';
import type { SAEConfig } from './config.ts';
import type { SAEFit, SAEFitSummary } from './fitted.ts';
import { saeParameters } from './network.ts';

const savedState = z.strictObject({
  characteristicNames: z.array(z.string()).min(1),
  targetNames: z.array(z.string()).min(1),
  ownReturns: z.boolean(),
  checkpoints: savedCheckpoints('epoch'),
});

const scales = ['inputMean', 'inputScale', 'targetMean', 'targetScale'] as const;

/** What of a fit an artifact holds beside the members, configuration and summary. */
export function toArtifact({ characteristicNames, targetNames, ownReturns, inputs, targets }: SAEFit) {
  const vector = (data: Float64Array) => ({ shape: [data.length], data });
  return {
    state: { characteristicNames, targetNames, ownReturns },
    arrays: {
      inputMean: vector(inputs.mean),
      inputScale: vector(inputs.scale),
      targetMean: vector(targets.mean),
      targetScale: vector(targets.scale),
    } satisfies ArtifactContent['arrays'],
  };
}

/** The fit in a verified artifact. Throws ArtifactError when its parts do not belong together. */
export function fromArtifact(artifact: Artifact, config: SAEConfig): SAEFit {
  const { checkpoints, ...state } = readState(artifact, savedState);
  const [p, c] = [state.characteristicNames.length, state.targetNames.length];
  const members = readMembers(artifact, checkpoints, saeParameters(config, { inputs: p, outputs: c }), scales);
  const scale = (name: (typeof scales)[number], length: number): Float64Array =>
    artifactArray(artifact, name, 'F64', [length]);
  return {
    ...state,
    inputs: { mean: scale('inputMean', p), scale: scale('inputScale', p) },
    targets: { mean: scale('targetMean', c), scale: scale('targetScale', c) },
    members,
    summary: readSummary<SAEFitSummary>(
      artifact,
      { checkpoints: z.array(z.string()), calibration: z.array(z.looseObject({})) },
      Object.keys(checkpoints[0]),
    ),
  };
}
