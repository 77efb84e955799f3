import { PersistentPanelBatch } from '@ml4t/core';
import { uniform } from '../uniform.mjs';

/** Returns (dates x assets) of K static factors of falling size plus noise, as a batch; bench/peers/pca.py makes the same. */
export function staticPanel({ dates, assets, factors }) {
  const loadings = uniform(assets * factors, 1);
  const factorReturns = uniform(dates * factors, 2);
  const returns = uniform(dates * assets, 3);
  for (let t = 0; t < dates; t++)
    for (let i = 0; i < assets; i++) {
      let value = 0.1 * returns[t * assets + i];
      for (let k = 0; k < factors; k++)
        value += (0.01 + (0.1 / (1 + k)) * factorReturns[t * factors + k]) * loadings[i * factors + k];
      returns[t * assets + i] = value;
    }
  return new PersistentPanelBatch({
    timestamps: Float64Array.from({ length: dates }, (_, t) => t * 86400000),
    assetIds: Array.from({ length: assets }, (_, i) => `a${i}`),
    returns,
  });
}
