import { sharpeRatio, type CrossSectionBatch } from '@ml4t/core';
import type { Engine } from '@ml4t/core/engine';
import { requireFiniteOutputs } from '@ml4t/core/train';
import type { NamedValues } from '@ml4t/core/nn';
import type { ContextInput } from './context.ts';
import { exposureNetwork } from './networks.ts';
import { holdInput } from './panel-tensors.ts';
import { selectRows } from './pricing-rows.ts';

/**
 * The outputs of networks for every row of a batch, averaged over the networks (R); NaN where a characteristic is missing.
 * Whether a return is known plays no part.
 */
export async function meanOutputs(
  engine: Engine,
  batch: CrossSectionBatch,
  context: ContextInput | undefined,
  networks: readonly (readonly NamedValues[])[],
): Promise<Float64Array> {
  const selected = selectRows(batch, false);
  const { rows } = selected;
  const outputs = new Float64Array(batch.nRows).fill(Number.NaN);
  if (rows.length === 0) return outputs;
  const input = holdInput(engine, selected, context);
  try {
    for (const [member, values] of networks.entries()) {
      const params = engine.parameters(values);
      const { raw } = await engine.evaluate((ops) => ({ raw: exposureNetwork(ops, params.tensors, input, 0) }));
      params.release();
      requireFiniteOutputs('exposures of the SDF network', raw);
      for (let r = 0; r < rows.length; r++)
        outputs[rows[r]] = (member > 0 ? outputs[rows[r]] : 0) + raw[r] / networks.length;
    }
  } finally {
    input.release();
  }
  return outputs;
}

/** Values over N_t, the number of values at their date; NaN is none. */
export function overAssetCount(values: Float64Array, offsets: Int32Array): Float64Array {
  return byDate(values, offsets, (value, count) => value / count);
}

/** Values times N_t, which undoes {@link overAssetCount}. */
export function timesAssetCount(values: Float64Array, offsets: Int32Array): Float64Array {
  return byDate(values, offsets, (value, count) => value * count);
}

function byDate(
  values: Float64Array,
  offsets: Int32Array,
  change: (value: number, count: number) => number,
): Float64Array {
  const out = new Float64Array(values.length);
  for (let t = 0; t + 1 < offsets.length; t++) {
    const row = values.subarray(offsets[t], offsets[t + 1]);
    const count = row.reduce((n, value) => (value === value ? n + 1 : n), 0);
    out.set(
      row.map((value) => change(value, count)),
      offsets[t],
    );
  }
  return out;
}

/** Divides the weights of every date by the sum of their absolute values, in place. */
export function normalizeByAbsoluteSum(weights: Float64Array, offsets: Int32Array): void {
  for (let t = 0; t + 1 < offsets.length; t++) {
    let sum = 0;
    for (let row = offsets[t]; row < offsets[t + 1]; row++)
      if (weights[row] === weights[row]) sum += Math.abs(weights[row]);
    if (sum > 0) for (let row = offsets[t]; row < offsets[t + 1]; row++) weights[row] /= sum;
  }
}

/** M_t = 1 - sum_i w_ti r_ti over the assets with a weight and a return (T); NaN at dates without any. */
export function discountFactors(
  weights: Float64Array,
  returns: Float64Array | undefined,
  offsets: Int32Array,
): Float64Array {
  const values = new Float64Array(offsets.length - 1).fill(Number.NaN);
  if (!returns) return values;
  for (let t = 0; t < values.length; t++) {
    let sum = 0;
    let known = 0;
    for (let row = offsets[t]; row < offsets[t + 1]; row++) {
      const part = weights[row] * returns[row];
      if (part !== part) continue;
      sum += part;
      known++;
    }
    if (known > 0) values[t] = 1 - sum;
  }
  return values;
}

/** Sharpe ratio per period of the SDF portfolio 1 - M. */
export function sdfSharpeRatio(sdfValues: Float64Array): number {
  return sharpeRatio(sdfValues.map((value) => 1 - value));
}
