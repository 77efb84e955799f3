/** What a return net of costs is. The defaults are what a book of positions would have earned. */
export interface PortfolioConventions {
  /** Multiplies the cost rate of each asset. */
  readonly gammaCost: number;
  /** Cost per unit of turnover on top of that, for every asset. */
  readonly turnoverPenalty: number;
  /**
   * Where the volatility scale v multiplies weights: `gross-and-costs` the position, so that it earns and trades scaled (default);
   * `costs` the trades alone, for returns that are volatility-scaled already (the reference); `none` nowhere.
   */
  readonly volatilityScaling: 'gross-and-costs' | 'costs' | 'none';
  /** `equal`: weights are risk budgets in (-1, 1), each asset available gets 1/N_t of the capital. `none`: weights are holdings. */
  readonly budget: 'equal' | 'none';
  /**
   * `charged`: turnover is that of the holdings themselves, so that leaving the universe is a sale and a change of 1/N_t trades
   * every position (default). `free`: only assets available today pay, at today's 1/N_t (the reference).
   */
  readonly universeChanges: 'charged' | 'free';
  /** First steps of each window without a gradient. */
  readonly burnIn: number;
  /** Whether the gradient also ends at the holdings of the last of these steps (default), which the reference lets it pass. */
  readonly burnInHoldings: 'constant' | 'learned';
}

export const defaultConventions: PortfolioConventions = Object.freeze({
  gammaCost: 0.5,
  turnoverPenalty: 0,
  volatilityScaling: 'gross-and-costs',
  budget: 'equal',
  universeChanges: 'charged',
  burnIn: 0,
  burnInHoldings: 'constant',
});

/** Those of the Python reference: returns are volatility-scaled already, exits are free. */
export const referenceConventions: PortfolioConventions = Object.freeze({
  ...defaultConventions,
  volatilityScaling: 'costs',
  universeChanges: 'free',
  burnInHoldings: 'learned',
});
