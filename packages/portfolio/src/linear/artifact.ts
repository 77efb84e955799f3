import {
  artifactArray,
  readState,
  readSummary,
  requireArrays,
  type Artifact,
  type ArtifactArray,
} from '@ml4t/core/persist';
import * as z from 'zod';
import type { LinearFit, LinearFitSummary } from './fitted.ts';

const savedState = z.strictObject({
  featureNames: z.array(z.string()).min(1),
  volatilityScaled: z.boolean(),
  costScale: z.number().positive(),
  scoreScale: z.number().positive(),
  /** Checkpoints, in the order of the rows of `coefficients`. */
  checkpoints: z.array(z.string()).min(1),
});

/** What of a fit an artifact holds beside configuration and summary. */
export function toArtifact({ featureNames, volatilityScaled, scoreScale, scale, checkpoints }: LinearFit) {
  const names = Object.keys(checkpoints);
  const vector = (data: Float64Array): ArtifactArray => ({ shape: [data.length], data });
  return {
    state: { featureNames, volatilityScaled, costScale: scale.cost, scoreScale, checkpoints: names },
    arrays: {
      featureMean: vector(scale.mean),
      featureDeviation: vector(scale.deviation),
      coefficients: {
        shape: [names.length, featureNames.length],
        data: Float64Array.from(names.flatMap((name) => Array.from(checkpoints[name].coefficients))),
      },
      intercepts: vector(Float64Array.from(names, (name) => checkpoints[name].intercept)),
    },
  };
}

/** The fit in a verified artifact. Throws ArtifactError when its parts do not belong together. */
export function fromArtifact(artifact: Artifact): LinearFit {
  requireArrays(artifact, ['featureMean', 'featureDeviation', 'coefficients', 'intercepts']);
  const { featureNames, volatilityScaled, costScale, scoreScale, checkpoints: names } = readState(artifact, savedState);
  const f = featureNames.length;
  const vector = (name: string, length: number): Float64Array => artifactArray(artifact, name, 'F64', [length]);
  const coefficients = artifactArray(artifact, 'coefficients', 'F64', [names.length, f]);
  const intercepts = vector('intercepts', names.length);
  return {
    featureNames,
    volatilityScaled,
    scoreScale,
    scale: { mean: vector('featureMean', f), deviation: vector('featureDeviation', f), cost: costScale },
    checkpoints: Object.fromEntries(
      names.map((name, k) => [
        name,
        { coefficients: coefficients.slice(k * f, (k + 1) * f), intercept: intercepts[k] },
      ]),
    ),
    summary: readSummary<LinearFitSummary>(artifact, { checkpoints: z.array(z.string()) }, names),
  };
}
