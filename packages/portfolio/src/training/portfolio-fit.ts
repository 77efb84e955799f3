import type { NetworkFit } from '@ml4t/core/ensemble';
import type { Fitted, PortfolioFitSummary } from './fitted.ts';
import type { NetworkSizes } from './network.ts';
import type { InputScale } from './windows.ts';

/** What a fit leaves behind. */
export interface PortfolioFit extends Fitted, NetworkFit {
  readonly assetIds: readonly string[];
  readonly sizes: NetworkSizes;
  readonly scale: InputScale;
  readonly summary: PortfolioFitSummary;
}
