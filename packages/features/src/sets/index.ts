import { bars158 } from './bars-158.ts';
import type { FeatureSet } from './feature-set.ts';
import { guKellyXiu } from './gu-kelly-xiu.ts';
import { liquiditySet } from './liquidity.ts';
import { priceTrends } from './price-trends.ts';
import { volatilitySet } from './volatility.ts';

/** Named sets of formulas. */
export const featureSets: Readonly<Record<string, FeatureSet>> = Object.freeze({
  'price-trends': priceTrends,
  volatility: volatilitySet,
  liquidity: liquiditySet,
  'bars-158': bars158,
  'gu-kelly-xiu': guKellyXiu,
});
