import { readWeights, weightArrays, weightNames } from '@ml4t/core/ensemble';
import {
  artifactArray,
  readState,
  readSummary,
  requireArrays,
  type Artifact,
  type ArtifactArray,
} from '@ml4t/core/persist';
import type { ParameterSpecs } from '@ml4t/core/nn';
import * as z from 'zod';
import type { PortfolioFitSummary } from './fitted.ts';
import type { NetworkFit } from './network-model.ts';
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

/** What of a fit an artifact holds beside configuration and summary. */
export function contentOf(
  specs: ParameterSpecs,
  fit: NetworkFit,
): { readonly state: z.input<typeof savedState>; readonly arrays: Record<string, ArtifactArray> } {
  const { assetIds, featureNames, sizes, scale, volatilityScaled, members } = fit;
  const vector = (data: Float64Array): ArtifactArray => ({ shape: [data.length], data });
  return {
    state: {
      assetIds: [...assetIds],
      featureNames: [...featureNames],
      nGroups: sizes.nGroups,
      costScale: scale.cost,
      volatilityScaled,
      checkpoints: members.map(({ checkpoints }) => checkpoints),
    },
    arrays: {
      featureMean: vector(scale.mean),
      featureDeviation: vector(scale.deviation),
      ...weightArrays(members, specs, 'step'),
    },
  };
}

/** The fit in a verified artifact. Throws ArtifactError when its parts do not belong together. */
export function fitOf(artifact: Artifact, parameters: (sizes: NetworkSizes) => ParameterSpecs): NetworkFit {
  const { assetIds, featureNames, nGroups, costScale, volatilityScaled, checkpoints } = readState(artifact, savedState);
  const sizes = { nFeatures: featureNames.length, nAssets: assetIds.length, nGroups };
  const specs = parameters(sizes);
  requireArrays(artifact, ['featureMean', 'featureDeviation', ...weightNames(checkpoints, specs, 'step')]);
  const vector = (name: string): Float64Array => artifactArray(artifact, name, 'F64', [featureNames.length]);
  return {
    assetIds,
    featureNames,
    sizes,
    volatilityScaled,
    scale: { mean: vector('featureMean'), deviation: vector('featureDeviation'), cost: costScale },
    members: readWeights(artifact, checkpoints, specs, 'step'),
    summary: readSummary<PortfolioFitSummary>(
      artifact,
      { checkpoints: z.array(z.string()) },
      Object.keys(checkpoints[0]),
    ),
  };
}
