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
  return inPartsWhereLarge(ops, x, (part) =>
    residualNorm(ops, params, `${name}Norm`, part, ops.dropout(layer(ops, params, name, part), config.dropout)),
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
  const seen = attentionLayer(ops, params, `${name}.attention`, x, x, attention);
  const normed = whereLarge(ops, x, () => {
    const dropped = ops.dropout(seen, config.dropout);
    return residualNorm(ops, params, `${name}.norm`, x, gate ? ops.mul(dropped, gate) : dropped);
  });
  return adapter(ops, params, `${name}.adapter`, normed, config);
}

/** Numbers of an activation from which on inner results are computed again on the way back instead of kept: 8 MB. */
const recomputedFrom = 2 ** 21;
/** Numbers of a part: what an adapter makes of it is ten times as much. */
const partSize = 2 ** 19;

function isLarge(x: Tensor): boolean {
  return x.shape.reduce((size, n) => size * n, 1) > recomputedFrom;
}

/** For mini-batches what a block holds is little; on many windows at once it is most of the memory. The bits are the same. */
function whereLarge(ops: Ops, x: Tensor, block: () => Tensor): Tensor {
  return isLarge(x) ? ops.recompute(block) : block();
}

/**
 * The same for a block that treats rows apart: in parts, of which one at a time is held, and which stay nearer to the processor. Each
 * part has dropout of its own.
 */
function inPartsWhereLarge(ops: Ops, x: Tensor, block: (part: Tensor) => Tensor): Tensor {
  if (!isLarge(x)) return block(x);
  const [entries, ...others] = x.shape;
  const width = others.reduce((size, n) => size * n, 1);
  return ops.recomputeParts(x, Math.ceil(Math.min(entries, partSize / width)), block);
}
