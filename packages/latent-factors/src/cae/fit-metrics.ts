import { uncentredR2, type CrossSectionBatch } from '@ml4t/core';
import { onlyFinite } from '@ml4t/core/authoring';
import type { MemberFactors } from './exposures.ts';

/**
 * In-sample figures of an ensemble, member by member so that only one member's betas are in memory.
 *
 * Regression: `totalR2` and `meanSquaredError` of the mean of the members' fits, and `averageMemberTotalR2`, which the former is
 * never below, because a mean has no more squared error than its parts have on average. Classification: `crossEntropy` of the
 * mean logit, in nats, and `accuracy` at one half. R2 are uncentred fractions.
 */
export async function fitMetrics(
  task: 'regression' | 'classification',
  batch: CrossSectionBatch,
  k: number,
  members: number,
  outputsOf: (member: number) => Promise<MemberFactors>,
): Promise<Record<string, number>> {
  const returns = batch.requireReturns('CAEModel.fit');
  const fitted = new Float64Array(batch.nRows);
  let memberR2 = 0;
  for (let m = 0; m < members; m++) {
    const own = memberFit(batch, await outputsOf(m), k);
    memberR2 += uncentredR2(returns, own).r2 / members;
    for (let row = 0; row < own.length; row++) fitted[row] += own[row] / members;
  }
  return onlyFinite(task === 'regression' ? returnMetrics(returns, fitted, memberR2) : labelMetrics(returns, fitted));
}

/** beta'f per row (R). */
function memberFit(
  { index, nRows }: CrossSectionBatch,
  { betas, factorReturns }: MemberFactors,
  k: number,
): Float64Array {
  const out = new Float64Array(nRows);
  for (let t = 0; t < index.nDates; t++)
    for (let row = index.rowOffsets[t]; row < index.rowOffsets[t + 1]; row++)
      for (let j = 0; j < k; j++) out[row] += betas[row * k + j] * factorReturns[t * k + j];
  return out;
}

function returnMetrics(returns: Float64Array, fitted: Float64Array, memberR2: number): Record<string, number> {
  const { r2, residualSumOfSquares, count } = uncentredR2(returns, fitted);
  return { totalR2: r2, averageMemberTotalR2: memberR2, meanSquaredError: residualSumOfSquares / count, rows: count };
}

function labelMetrics(labels: Float64Array, logits: Float64Array): Record<string, number> {
  let entropy = 0;
  let right = 0;
  let count = 0;
  for (let row = 0; row < labels.length; row++) {
    const x = logits[row];
    const label = labels[row];
    if (Number.isNaN(x + label)) continue;
    // log(1 + e^x) without overflow.
    entropy += Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))) - label * x;
    right += x > 0 === label > 0.5 ? 1 : 0;
    count++;
  }
  return { crossEntropy: entropy / count, accuracy: right / count, rows: count };
}
