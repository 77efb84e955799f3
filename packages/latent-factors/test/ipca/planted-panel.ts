import { CrossSectionBatch, Random } from '@ml4t/core';
import { days } from '../golden/load.ts';

export interface PlantedPanel {
  readonly batch: CrossSectionBatch;
  /** (L x K), L = characteristics + constant. */
  readonly gamma: Float64Array;
  /** (T x K) */
  readonly factors: Float64Array;
}

/** r = (1, c)'Gamma f + noise, with characteristics that may be correlated, and rows missing at random. */
export function plantedPanel(options: {
  readonly seed: number;
  readonly nDates?: number;
  readonly nAssets?: number;
  readonly p?: number;
  readonly k?: number;
  readonly noise?: number;
  /** Correlation of each characteristic with one common component. */
  readonly correlation?: number;
  readonly missingShare?: number;
}): PlantedPanel {
  const { seed, nDates = 40, nAssets = 60, p = 5, k = 2, noise = 0, correlation = 0, missingShare = 0 } = options;
  const random = new Random(seed);
  const gamma = Float64Array.from({ length: (p + 1) * k }, () => random.normal() / Math.sqrt(p));
  const factors = new Float64Array(nDates * k);
  const characteristics = new Float64Array(nDates * nAssets * p);
  const returns = new Float64Array(nDates * nAssets);
  const mask: boolean[] = [];
  for (let t = 0; t < nDates; t++) {
    for (let j = 0; j < k; j++) factors[t * k + j] = 0.02 * (k - j) + 0.1 * (k - j) * random.normal();
    for (let i = 0; i < nAssets; i++) {
      const row = t * nAssets + i;
      const common = random.normal();
      let value = noise * random.normal();
      for (let l = 0; l <= p; l++) {
        const z = l === 0 ? 1 : Math.sqrt(correlation) * common + Math.sqrt(1 - correlation) * random.normal();
        if (l > 0) characteristics[row * p + l - 1] = z;
        for (let j = 0; j < k; j++) value += z * gamma[l * k + j] * factors[t * k + j];
      }
      returns[row] = value;
      mask.push(random.uniform() >= missingShare);
    }
  }
  const batch = CrossSectionBatch.fromDense({
    timestamps: days(nDates),
    characteristics,
    shape: [nDates, nAssets, p],
    returns,
    returnLag: 0,
    mask,
  });
  return { batch, gamma, factors };
}
