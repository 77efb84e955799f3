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
 * net and at most the same gross exposure. Throws InfeasibleError naming the date.
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
  const projection = new RowProjection(n, {
    grossExposure,
    netExposure,
    maxAbsWeight,
    gross: 'at-most',
    scaling: 'none',
    turnoverLimit: null,
    turnoverPolicy: 'strict',
  });
  const nothing = new Float64Array(n);
  const capped = new Float64Array(weights.length);
  for (let row = 0; row * n < weights.length; row++) {
    const [from, to] = [row * n, (row + 1) * n];
    const infeasible = projection.project(
      weights.subarray(from, to),
      mask.subarray(from, to),
      nothing,
      capped.subarray(from, to),
    );
    if (infeasible) {
      const { constraint, ...detail } = infeasible;
      const date = `window ${Math.floor(row / nSteps)}, ${formatTimestamp(timestamps[row])}`;
      throw new InfeasibleError({ field: `${constraint} (${date})`, ...detail });
    }
  }
  return capped;
}
