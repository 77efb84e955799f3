import { InfeasibleError, formatTimestamp, type PortfolioSequenceBatch } from '@ml4t/core';
import { EmbeddedEngine, typescriptMachine } from '@ml4t/core/engine';
import { requireFiniteOutputs } from '@ml4t/core/train';
import { headWeights } from '../heads/heads.ts';
import { RowProjection } from '../projection/project-weights.ts';
import type { InputScale } from '../training/windows.ts';
import type { LinearPortfolioConfig } from './config.ts';
import type { LinearScores } from './ridge.ts';

/** Scores (B x T x N) in float64; 0 where the mask is, whatever the features are there. */
export function linearScores(
  { mask, features, nFeatures: f }: PortfolioSequenceBatch,
  { mean, deviation }: InputScale,
  { coefficients, intercept }: LinearScores,
): Float64Array {
  const scores = new Float64Array(mask.length);
  for (let cell = 0; cell < mask.length; cell++) {
    if (mask[cell] === 0) continue;
    let score = intercept;
    for (let j = 0; j < f; j++) score += (coefficients[j] * (features[cell * f + j] - mean[j])) / deviation[j];
    scores[cell] = score;
  }
  return scores;
}

/**
 * Weights of the head (B x T x N) in float64, before volatility scale and budget; with a cap, the closest ones within it of the same
 * exposures. Where the assets of a date are too few to carry the gross exposure under the cap, they carry what they can; where too few for
 * the net exposure, InfeasibleError names the date. Dates on which the head holds nothing still hold nothing but the net exposure.
 */
export async function linearWeights(
  batch: PortfolioSequenceBatch,
  scores: Float64Array,
  config: LinearPortfolioConfig,
): Promise<Float64Array> {
  const shape = [batch.nWindows, batch.nSteps, batch.nAssets];
  const engine = new EmbeddedEngine(typescriptMachine('float64'));
  try {
    const { weights } = await engine.evaluate((ops) => ({
      weights: headWeights(ops, ops.constant(scores, shape), ops.constant(batch.mask, shape), config),
    }));
    requireFiniteOutputs('weights of LinearFeaturePortfolioModel', weights);
    return cappedRows(batch, Float64Array.from(weights), config);
  } finally {
    await engine.dispose();
  }
}

function cappedRows(batch: PortfolioSequenceBatch, weights: Float64Array, config: LinearPortfolioConfig): Float64Array {
  const { grossExposure, netExposure, maxAbsWeight } = config;
  if (maxAbsWeight === null) return weights;
  const { nAssets: n, nSteps, mask, timestamps } = batch;
  const constraints = { grossExposure, netExposure, maxAbsWeight, turnoverLimit: null } as const;
  const [exact, atMost] = (['exact', 'at-most'] as const).map(
    (gross) => new RowProjection(n, { ...constraints, gross, scaling: 'none', turnoverPolicy: 'strict' }),
  );
  const nothing = new Float64Array(n);
  const capped = new Float64Array(weights.length);
  for (let row = 0; row * n < weights.length; row++) {
    const [from, to] = [row * n, (row + 1) * n];
    const [own, canHold, into] = [weights.subarray(from, to), mask.subarray(from, to), capped.subarray(from, to)];
    const holds = own.some((weight) => weight !== 0);
    if (holds && !exact.project(own, canHold, nothing, into)) continue;
    const infeasible = atMost.project(own, canHold, nothing, into);
    if (infeasible) {
      const { constraint, ...detail } = infeasible;
      const date = `window ${Math.floor(row / nSteps)}, ${formatTimestamp(timestamps[row])}`;
      throw new InfeasibleError({ field: `${constraint} (${date})`, ...detail });
    }
  }
  return capped;
}
