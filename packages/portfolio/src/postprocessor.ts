import {
  DataError,
  InfeasibleError,
  PortfolioWeightsResult,
  ShapeError,
  formatTimestamp,
  type PortfolioPostprocessor,
  type PortfolioSequenceBatch,
} from '@ml4t/core';
import { parseConfig } from '@ml4t/core/authoring';
import * as z from 'zod';
import { consecutiveWindows } from './objective/index.ts';
import { exposureFields } from './projection/constraints.ts';
import { RowProjection } from './projection/project-weights.ts';

/** Configuration of {@link WeightConstraintPostprocessor}. */
export const weightConstraintConfigSchema = z
  .strictObject({
    ...exposureFields,
    /** tau: bound on `sum |w_t - w_{t-1}|` on each date, sales of what cannot be held any more included; null for none. */
    turnoverLimit: z.number().min(0).nullable().default(null).describe('Bound on the turnover of each date'),
    /**
     * Where exits, the net exposure or the bounds need more turnover than the budget: 'strict' throws InfeasibleError, 'least' trades
     * no more than they need.
     */
    turnoverPolicy: z
      .enum(['strict', 'least'])
      .default('strict')
      .describe('What happens where the budget cannot be met'),
    /** Whether each window starts from prevWeights or nothing, or from the last weights of the window that it follows. */
    holdings: z.enum(['window', 'chained']).default('window').describe('What a window starts from'),
  })
  .check(({ value, issues }) => {
    const refuse = (path: keyof typeof value, message: string): void => {
      issues.push({ code: 'custom', input: value[path], path: [path], message });
    };
    if (Math.abs(value.netExposure) > value.grossExposure)
      refuse('netExposure', `a number between -${value.grossExposure} and ${value.grossExposure} (grossExposure)`);
    if (value.gross === 'exact' && value.turnoverLimit !== null)
      refuse(
        'gross',
        "'at-most' with a turnoverLimit: together with it, weights of an exact gross exposure may not exist",
      );
  });

export type WeightConstraintConfig = Readonly<z.output<typeof weightConstraintConfigSchema>>;
export type WeightConstraintConfigInput = z.input<typeof weightConstraintConfigSchema>;

/**
 * The closest weights (Euclidean) that satisfy exposures, cap and turnover budget *together*, date by date:
 *
 * `min_w |w - v|²` subject to `sum w = n`, `sum |w| <= G`, `|w_i| <= c`, `sum_i |w_i - w_{t-1,i}| <= tau`,
 *
 * where v are the given weights, or scores scaled in proportion (`scaling`). The set is convex, so the solution is unique and moves
 * continuously with v, G, n, c, tau and the weights before; it is exact up to rounding. Assets that cannot be held (mask) get 0, and
 * selling them comes out of the budget. Dates are taken in order; each window starts from `prevWeights`, or from nothing.
 *
 * @example
 * const constrain = new WeightConstraintPostprocessor({ grossExposure: 1, maxAbsWeight: 0.1, turnoverLimit: 0.2 });
 * const weights = constrain.transform(batch, await model.predict(batch));
 */
export class WeightConstraintPostprocessor implements PortfolioPostprocessor {
  readonly postprocessorType = 'weight-constraint';
  readonly config: WeightConstraintConfig;

  /** Throws ConfigError when a field is unknown or out of range, or two of them contradict each other. */
  constructor(config: WeightConstraintConfigInput = {}) {
    this.config = parseConfig(weightConstraintConfigSchema, config, 'WeightConstraintConfig');
  }

  /**
   * @throws InfeasibleError, naming window, date and constraint, where no weights satisfy the constraints
   * @throws ShapeError the weights are not those of the batch
   * @throws DataError a weight is not finite where the mask is true
   */
  transform(batch: PortfolioSequenceBatch, weights: PortfolioWeightsResult): PortfolioWeightsResult {
    const { nWindows, nSteps, nAssets, mask, prevWeights, timestamps } = batch;
    requireSameBatch(batch, weights);
    const projection = new RowProjection(nAssets, this.config);
    const continues = this.config.holdings === 'chained' ? consecutiveWindows(batch) : undefined;
    const constrained = new Float64Array(weights.weights.length);
    const nothing = new Float64Array(nAssets);
    let previous: Float64Array = nothing;
    for (let row = 0; row < nWindows * nSteps; row++) {
      const b = Math.floor(row / nSteps);
      if (row % nSteps === 0 && !continues?.[b])
        previous = prevWeights?.subarray(b * nAssets, (b + 1) * nAssets) ?? nothing;
      const [from, to] = [row * nAssets, (row + 1) * nAssets];
      const canHold = mask.subarray(from, to);
      const scores = weights.weights.subarray(from, to);
      const date = (): string => `window ${b}, ${formatTimestamp(timestamps[row])}`;
      requireFiniteScores(scores, canHold, batch.assetIds, date);
      const out = constrained.subarray(from, to);
      const infeasible = projection.project(scores, canHold, previous, out);
      if (infeasible) {
        const { constraint, ...detail } = infeasible;
        throw new InfeasibleError({ field: `${constraint} (${date()})`, ...detail });
      }
      previous = out;
    }
    return new PortfolioWeightsResult(batch, constrained, weights.checkpoint);
  }
}

function requireFiniteScores(
  scores: Float64Array,
  canHold: Uint8Array,
  assetIds: readonly string[],
  date: () => string,
): void {
  for (let i = 0; i < scores.length; i++)
    if (canHold[i] !== 0 && !Number.isFinite(scores[i]))
      throw new DataError({
        field: `weights (${date()}, asset ${assetIds[i]})`,
        expected: 'finite where the mask is true',
        found: String(scores[i]),
        remedy: 'Set the mask to false there, or correct the weight.',
      });
}

function requireSameBatch(batch: PortfolioSequenceBatch, weights: PortfolioWeightsResult): void {
  const sameAssets =
    batch.assetIds === weights.assetIds ||
    (batch.nAssets === weights.nAssets && batch.assetIds.every((id, i) => id === weights.assetIds[i]));
  if (sameAssets && batch.nWindows === weights.nWindows && batch.nSteps === weights.nSteps) return;
  throw new ShapeError({
    field: 'weights',
    expected: `the weights of this batch: ${batch.nWindows} windows x ${batch.nSteps} steps x ${batch.nAssets} assets`,
    found: sameAssets
      ? `${weights.nWindows} windows x ${weights.nSteps} steps`
      : 'other assets, or the same in another order',
    remedy: 'Pass the batch that the weights were predicted for.',
  });
}
