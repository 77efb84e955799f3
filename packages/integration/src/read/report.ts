/** Something about a source that its reader should know, and what to do about it. */
export interface ReadNote {
  /** What kind of note, for programs. */
  readonly code: string;
  /** The columns it is about. */
  readonly columns: readonly string[];
  readonly found: string;
  readonly remedy: string;
}

/** Two successive dates further apart than the panel's usual spacing. */
export interface DateGap {
  /** Milliseconds since 1970 UTC, like the batch's timestamps. */
  readonly after: number;
  readonly before: number;
  readonly days: number;
}

/** What was read, and what a careful user should look at before modelling it. */
export interface PanelReadReport {
  readonly source: string;
  readonly nRows: number;
  readonly nDates: number;
  readonly nAssets: number;
  /** The columns that the roles were resolved to. */
  readonly columns: {
    readonly timestamp: string;
    readonly asset: string;
    readonly returns: string | undefined;
    readonly factorReturns: string | undefined;
    readonly prices: string | undefined;
    readonly characteristics: readonly string[];
    readonly context: readonly string[];
  };
  /** What the reader decided by itself or found odd. */
  readonly notes: readonly ReadNote[];
  /** Columns of the source that were not read. */
  readonly unusedColumns: readonly string[];
  /** Missing values per characteristic, and of the returns before they are lagged. */
  readonly missing: Readonly<Record<string, number>>;
  /** True when `sort` changed the order of the rows. */
  readonly reordered: boolean;
  /**
   * Spacings over 1.5 x the median spacing of the dates (over 5 days in daily and finer panels, where weekends are
   * normal): periods that seem to be missing.
   */
  readonly gaps: readonly DateGap[];
  /** How often an asset comes back after at least one panel date without a row. */
  readonly reentries: number;
}

/** What a stream read, known at its end. What would need memory for every asset is left out. */
export type PanelStreamReport = Omit<PanelReadReport, 'nAssets' | 'reentries' | 'reordered'> & {
  readonly nParts: number;
};

export interface PortfolioReadReport extends PanelReadReport {
  readonly nWindows: number;
  /** Cells, counted in every window they are in, that could be held and had no forward return. */
  readonly missingForwardReturns: number;
  /** Volatility scales that were cut to `maxScale`, counted likewise: of prices that hardly move. */
  readonly cappedScales: number;
  /** Names of the groups, in the order of `batch.groupIds`. */
  readonly groupNames: readonly string[];
}

/** Series on the dates of a panel, each (T). */
export interface PanelSeries {
  /** Return of the benchmark after each date; NaN where there is none. */
  readonly benchmark?: Float64Array | undefined;
}

export interface PanelReading<Batch> {
  readonly batch: Batch;
  readonly report: PanelReadReport;
  readonly series: PanelSeries;
}
