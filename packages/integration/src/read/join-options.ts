import type {
  CharacteristicSelection,
  DatedColumn,
  PanelSource,
  PriceReturns,
  SourceOptions,
  TimestampFormat,
} from './source-options.ts';

/** How a source beside the panel is read: what is not stated is found as in the panel's own. */
export interface BesideSource extends Omit<SourceOptions, 'signal'> {
  readonly source: PanelSource;
  readonly timestamp?: string | undefined;
  readonly timestampFormat?: TimestampFormat | undefined;
  /** In the letters of strptime. */
  readonly dateFormat?: string | undefined;
}

/** When a record became public, and for how long it counts. Of lagDays and lagMonths one is needed: there is no default. */
export interface AsOf {
  /** Days after its date on which a record is public. */
  readonly lagDays?: number | undefined;
  /** Months after its date: a year that ends on 31 December is public on 30 April with 4. */
  readonly lagMonths?: number | undefined;
  /** Days after its date beyond which a record counts no more (none). */
  readonly maxAgeDays?: number | undefined;
}

/** Characteristics from another source, with one row for each asset and date. */
export interface JoinedSource extends BesideSource {
  readonly asset?: string | undefined;
  /** Every numeric column where absent. */
  readonly columns?: CharacteristicSelection | undefined;
  /** The latest record that was public on the row's date; where absent, the record of the same date. */
  readonly asOf?: AsOf | undefined;
}

/** One value for each date: the rate that a holder of cash earns. Dated as returns are. */
export type RiskFreeSource = BesideSource &
  Pick<DatedColumn, 'column' | 'lag'> & { readonly in?: 'fraction' | 'percent' | undefined };

/** Returns or prices of what a strategy is compared with. */
export type BenchmarkSource = BesideSource & {
  readonly in?: 'fraction' | 'percent' | undefined;
} & (Pick<DatedColumn, 'column' | 'lag'> | Pick<PriceReturns, 'prices'>);

/** Sources beside the panel. */
export interface JoinOptions {
  /** Characteristics from other sources, after those of the panel. */
  readonly join?: readonly JoinedSource[] | undefined;
  /** Subtracted from the returns, each over the same dates. */
  readonly riskFree?: RiskFreeSource | undefined;
  /** Becomes `series.benchmark`: its return after each date of the panel. */
  readonly benchmark?: BenchmarkSource | undefined;
}
