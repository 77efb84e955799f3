import {
  attentionLayer,
  attentionParameters,
  constantValue,
  geluAdapter,
  geluAdapterParameters,
  layerNormParameters,
  residualNorm,
  swigluAdapter,
  swigluAdapterParameters,
  type Attention,
  type Ops,
  type Parameters,
  type ParameterSpecs,
  type Tensor,
} from '@ml4t/core/nn';
import type { DeepPortfolioConfig } from './config.ts';

type BlockConfig = Pick<DeepPortfolioConfig, 'block' | 'dModel' | 'adapterHiddenMult' | 'dropout'>;

/** First value of a gate: the block starts almost as the identity, and its gradient does not vanish. */
const firstGate = 0.01;

export function adapterParameters(name: string, config: BlockConfig): ParameterSpecs {
  const { block, dModel, adapterHiddenMult } = config;
  const adapter = block === 'deepm' ? swigluAdapterParameters : geluAdapterParameters;
  return { ...adapter(name, dModel, adapterHiddenMult * dModel), ...layerNormParameters(`${name}Norm`, dModel) };
}

/**
 * A(x) = layerNorm(x + dropout(W_2 (W_1 x * silu(V x)))), the adapter of DeePM; in the reference W_2 gelu(W_1 x + b_1) + b_2 takes
 * the place of the gated product.
 */
export function adapter(ops: Ops, params: Parameters, name: string, x: Tensor, config: BlockConfig): Tensor {
  const layer = config.block === 'deepm' ? swigluAdapter : geluAdapter;
  return whereLarge(ops, x, () =>
    residualNorm(ops, params, `${name}Norm`, x, ops.dropout(layer(ops, params, name, x), config.dropout)),
  );
}

/** A block of attention and the adapter after it; `gated` for attention across assets. */
export function attentionBlockParameters(name: string, config: BlockConfig, gated: boolean): ParameterSpecs {
  return {
    ...attentionParameters(`${name}.attention`, config.dModel),
    ...(gated && config.block === 'deepm'
      ? { [`${name}.gate`]: { shape: [], initial: constantValue(firstGate) } }
      : {}),
    ...layerNormParameters(`${name}.norm`, config.dModel),
    ...adapterParameters(`${name}.adapter`, config),
  };
}

/**
 * A(layerNorm(x + a dropout(attention(x)))); a is a learned scalar that starts near zero (ReZero) for attention across assets in
 * DeePM, else 1.
 */
export function attentionBlock(
  ops: Ops,
  params: Parameters,
  name: string,
  x: Tensor,
  attention: Attention,
  config: BlockConfig,
): Tensor {
  const gate: Tensor | undefined = params[`${name}.gate`];
  const normed = whereLarge(ops, x, () => {
    const seen = ops.dropout(attentionLayer(ops, params, `${name}.attention`, x, x, attention), config.dropout);
    return residualNorm(ops, params, `${name}.norm`, x, gate ? ops.mul(seen, gate) : seen);
  });
  return adapter(ops, params, `${name}.adapter`, normed, config);
}

/** Numbers of an activation from which on a block is computed again on the way back instead of kept: 8 MB. */
const recomputedFrom = 2 ** 21;

/**
 * A block holds some ten times its input for the way back. For mini-batches that is little; on many windows at once it is most of
 * the memory, and a second forward pass of the blocks is the better bargain. The bits are the same.
 */
function whereLarge(ops: Ops, x: Tensor, block: () => Tensor): Tensor {
  return x.shape.reduce((size, n) => size * n, 1) > recomputedFrom ? ops.recompute(block) : block();
}
