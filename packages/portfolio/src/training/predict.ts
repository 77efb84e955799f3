import type { PortfolioSequenceBatch, RunOptions } from '@ml4t/core';
import { throwIfAborted } from '@ml4t/core/authoring';
import type { Engine } from '@ml4t/core/engine';
import { snapshotAt, type MemberWeights } from '@ml4t/core/ensemble';
import { namedValues, type Parameters, type ParameterSpecs } from '@ml4t/core/nn';
import { requireFiniteOutputs } from '@ml4t/core/train';
import type { PortfolioConfig } from '../config.ts';
import { headWeights, restoreExposures } from '../heads/heads.ts';
import { holdingsOf } from '../objective/index.ts';
import { conventionsOf } from './loss.ts';
import type { PortfolioNetwork } from './network.ts';
import { windowTensors, type WindowSource } from './windows.ts';

/** Cells (window, step, asset) that an evaluation holds in the engine at once. */
const evaluationCells = 20_000;

/** What runs a network. */
export interface Evaluation {
  readonly engine: Engine;
  readonly network: PortfolioNetwork;
  readonly config: Omit<PortfolioConfig, 'annualizationFactor'>;
}

/** Weights of the head (B x T x N), before volatility scale and budget. */
export async function headWeightsOf(
  { engine, network, config }: Evaluation,
  params: Parameters,
  source: WindowSource,
  { signal }: Pick<RunOptions, 'signal'> = {},
): Promise<Float64Array> {
  const { nWindows, nSteps, nAssets } = source.batch;
  const cells = nSteps * nAssets;
  const out = new Float64Array(nWindows * cells);
  const size = Math.max(1, Math.floor(evaluationCells / cells));
  for (let from = 0; from < nWindows; from += size) {
    throwIfAborted(signal, 'evaluation');
    const windows = Int32Array.from({ length: Math.min(size, nWindows - from) }, (_, i) => from + i);
    const { weights } = await engine.evaluate((ops) => {
      const { inputs } = windowTensors(ops, source, windows);
      return { weights: headWeights(ops, network.scores(ops, params, inputs), inputs.mask, config) };
    });
    out.set(weights, from * cells);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return out;
}

/**
 * Mean of the members' head weights: an ensemble is averaged in what it holds, never in what it computes on the way. Members that
 * disagree hold less together than each of them, so that long and short sides of a long-short head are brought back to their sums.
 */
export async function ensembleWeights(
  evaluation: Evaluation,
  specs: ParameterSpecs,
  members: readonly MemberWeights[],
  source: WindowSource,
  checkpoint: string,
  options: Pick<RunOptions, 'signal'>,
): Promise<Float64Array> {
  const { nWindows, nSteps, nAssets } = source.batch;
  const mean = new Float64Array(nWindows * nSteps * nAssets);
  for (const member of members) {
    const parameters = evaluation.engine.parameters(namedValues(specs, snapshotAt(member, checkpoint)));
    try {
      const weights = await headWeightsOf(evaluation, parameters.tensors, source, options);
      requireFiniteOutputs('weights of the portfolio network', weights);
      for (let i = 0; i < mean.length; i++) mean[i] += weights[i] / members.length;
    } finally {
      parameters.release();
    }
  }
  if (evaluation.config.head === 'long-short' && members.length > 1)
    for (let from = 0; from < mean.length; from += nAssets)
      restoreExposures(
        mean.subarray(from, from + nAssets),
        source.batch.mask.subarray(from, from + nAssets),
        evaluation.config,
      );
  return mean;
}

/** Holdings: head weights under volatility scale and budget. */
export function toHoldings(
  batch: PortfolioSequenceBatch,
  weights: Float64Array,
  config: Omit<PortfolioConfig, 'annualizationFactor'>,
): Float64Array {
  return holdingsOf(batch, weights, conventionsOf(config));
}
