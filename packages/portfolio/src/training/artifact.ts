import { readMembers, savedCheckpoints } from '@ml4t/core/ensemble';
import { artifactArray, readState, readSummary, type Artifact } from '@ml4t/core/persist';
import type { ParameterSpecs } from '@ml4t/core/nn';
import * as z from 'zod';
import type { PortfolioFitSummary } from './fitted.ts';
import type { PortfolioFit } from './portfolio-fit.ts';
import type { NetworkSizes } from './network.ts';

const savedState = z.strictObject({
  assetIds: z.array(z.string()).min(1),
  featureNames: z.array(z.string()).min(1),
  nGroups: z.int().min(0),
  costScale: z.number().positive(),
  volatilityScaled: z.boolean(),
  checkpoints: savedCheckpoints('step'),
});

/** What of a fit an artifact holds beside the members, configuration and summary. */
export function toArtifact({ assetIds, featureNames, sizes, scale, volatilityScaled }: PortfolioFit) {
  const vector = (data: Float64Array) => ({ shape: [data.length], data });
  return {
    state: { assetIds, featureNames, nGroups: sizes.nGroups, costScale: scale.cost, volatilityScaled },
    arrays: { featureMean: vector(scale.mean), featureDeviation: vector(scale.deviation) },
  };
}

/** The fit in a verified artifact. Throws ArtifactError when its parts do not belong together. */
export function fromArtifact(artifact: Artifact, parameters: (sizes: NetworkSizes) => ParameterSpecs): PortfolioFit {
  const { assetIds, featureNames, nGroups, costScale, volatilityScaled, checkpoints } = readState(artifact, savedState);
  const sizes = { nFeatures: featureNames.length, nAssets: assetIds.length, nGroups };
  const members = readMembers(artifact, checkpoints, parameters(sizes), ['featureMean', 'featureDeviation']);
  const vector = (name: string): Float64Array => artifactArray(artifact, name, 'F64', [featureNames.length]);
  return {
    assetIds,
    featureNames,
    sizes,
    volatilityScaled,
    scale: { mean: vector('featureMean'), deviation: vector('featureDeviation'), cost: costScale },
    members,
    summary: readSummary<PortfolioFitSummary>(
      artifact,
      { checkpoints: z.array(z.string()) },
      Object.keys(checkpoints[0]),
    ),
  };
}
