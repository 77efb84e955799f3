import type { PortfolioWindowOptions, RunOptions, TimestampInput } from '@ml4t/core';
import type { TrendFeatureOptions } from '@ml4t/core/authoring';
import type { JoinOptions } from './join-options.ts';
import type { DatasetMetadata } from '../schema/dataset-metadata.ts';
import type {
  TimestampFormat,
  DatedColumn,
  PriceReturns,
  CharacteristicSelection,
  SourceOptions,
} from './source-options.ts';

/** Where the returns come from: a column of them, or of prices. */
export type ReturnsColumn = DatedColumn | PriceReturns;

/** What the holder of an asset that leaves the panel earns after its last row. */
export interface Delisting {
  /** The column of delisting returns, read in each asset's last row. */
  readonly column?: string | undefined;
  /** Where there is none, as a fraction. */
  readonly otherwise?: number | undefined;
}

/** The columns that every long frame has. Names match exactly first, then without regard to case and outer spaces where one column does. */
export interface KeyColumns {
  /** What a catalogue says of the dataset: fills in every role that is not stated beside it. */
  readonly metadata?: DatasetMetadata | undefined;
  /** Where nothing states it: the one column that is called `timestamp`, `date`, `datetime`, `month`, … */
  readonly timestamp?: string | undefined;
  /** Needed when the timestamps are plain integers or digits; otherwise the column's own type says it. */
  readonly timestampFormat?: TimestampFormat | undefined;
  /** Where nothing states it: the one column that is called `asset`, `asset_id`, `ticker`, `symbol`, `permno`, … */
  readonly asset?: string | undefined;
  /**
   * `'wide'`: dates down and assets across, one column for each asset, whose values go by the name that a role gives them (`value`
   * where none does); or one column for each field and asset, such as `close_AAPL`. Found by itself where it is plain.
   */
  readonly layout?: 'long' | 'wide' | undefined;
}

/** What the columns of dated cross-sections mean. */
export type PanelColumns = KeyColumns & {
  readonly returns?: ReturnsColumn | undefined;
  /** Returns used only to build managed portfolios. */
  readonly factorReturns?: DatedColumn | undefined;
  /** Returns of assets that leave before the panel ends; missing where absent. */
  readonly delisting?: Delisting | undefined;
  /** Series common to all assets: the same value in every row of a date, never missing. */
  readonly context?: readonly string[] | undefined;
} & OrMetadata<{ readonly characteristics: CharacteristicSelection }>;

/** The columns of a panel with a stable asset axis: returns are needed, characteristics are not. */
export type PersistentPanelColumns = KeyColumns & {
  readonly characteristics?: CharacteristicSelection | undefined;
} & OrMetadata<{ readonly returns: ReturnsColumn }>;

/** The columns of a panel for portfolio learning: features, and one of prices and returns. */
export type PortfolioColumns = KeyColumns & {
  /** Prices adjusted for splits and payments; returns are simple, from each panel date to the next. */
  readonly prices?: string | undefined;
  readonly returns?: ReturnsColumn | undefined;
} & OrMetadata<{
    /** What the model looks at, known on the row's date. Not standardised here. */
    readonly features: CharacteristicSelection;
  }>;

/** Roles that are stated, or left to the metadata. */
type OrMetadata<Roles> = Roles | (Partial<Roles> & { readonly metadata: DatasetMetadata });

export interface ReadOptions extends RunOptions<'reading'>, SourceOptions, JoinOptions {
  /**
   * false (default): rows must be in date order and keep their order within a date. true: rows are sorted by date and,
   * within a date, by asset id, so that the batch does not depend on the order of the source.
   */
  readonly sort?: boolean | undefined;
  /** Dates to keep, both ends included. Rows outside are as if the source did not hold them, also for lagged returns. */
  readonly filter?:
    { readonly from?: TimestampInput | undefined; readonly to?: TimestampInput | undefined } | undefined;
  /**
   * Where the dates are days: a name such as `'America/New_York'`. Timestamps that are moments (with a zone or an offset, or counted
   * since 1970) become what the clocks there said. Without it they are UTC.
   */
  readonly timeZone?: string | undefined;
  /** How dates that are text are written, in the letters of strptime: `'%d/%m/%Y'`. ISO 8601 where absent. */
  readonly dateFormat?: string | undefined;
  /**
   * Puts assets of several calendars on one: `'month'`, every date becomes the last day of its month; `'weekday'`, rows of Saturdays and
   * Sundays are left out (returns must then be made of prices, which lose nothing by it).
   */
  readonly alignDates?: 'month' | 'weekday' | undefined;
  /** What returns are written in ('fraction'): 5 for five per cent, or the logarithm of the gross return. */
  readonly returnsIn?: 'fraction' | 'percent' | 'log' | undefined;
  /** Refuse a panel in which two successive dates are more than this many days apart. */
  readonly maxGapDays?: number | undefined;
  /** A characteristic without a single value: an error (default), or kept as a column of NaN. */
  readonly emptyColumns?: 'error' | 'keep' | undefined;
}

export interface PortfolioReadOptions
  extends Omit<ReadOptions, keyof JoinOptions>, Omit<PortfolioWindowOptions, 'groupIds' | 'costs' | 'adjacency'> {
  /** Cost per unit of turnover: one number for all assets, or one for each asset id. */
  readonly costs?: number | Readonly<Record<string, number>> | undefined;
  /** The group of each asset id, by name: a sector, an asset class. */
  readonly groups?: Readonly<Record<string, string>> | undefined;
  /** Features made of the prices (`trendFeatures` of @ml4t/core; {} for its defaults), after those of the frame, which may be none. */
  readonly trend?: TrendFeatureOptions | undefined;
}

export interface StreamOptions extends Omit<ReadOptions, keyof JoinOptions> {
  /** Dates in a part; as many as `rowsPerPart` allows where absent. */
  readonly datesPerPart?: number | undefined;
  /** Rows that a part does not exceed unless one date alone does (100,000): with P columns, 8 P bytes each. */
  readonly rowsPerPart?: number | undefined;
  /**
   * True: a part's numbers are valid until the next part is asked for, whose memory may be the same (false). For consumers that
   * keep none, such as `IPCAModel.fitStream`, and are then spared the allocation and collection of every part.
   */
  readonly reuseMemory?: boolean | undefined;
}
