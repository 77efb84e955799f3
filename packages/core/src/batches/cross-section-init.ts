import type { NumericInput } from '../validation.ts';
import type { PanelIndex } from './panel-index.ts';
import type { StatedTiming } from './return-timing.ts';

/** What a {@link CrossSectionBatch} is made of. R rows, T dates, N assets, P characteristics, Q context series. */
export interface CrossSectionInit extends StatedTiming {
  readonly index: PanelIndex;
  /** Column names of `characteristics` (P); none in a panel of returns alone. */
  readonly characteristicNames: readonly string[];
  /** (R x P), row-major; known at the row's date. NaN for missing. */
  readonly characteristics: NumericInput;
  /** Return earned *after* the row's date (R); NaN where it is not known or not observed. */
  readonly returns?: NumericInput | undefined;
  /** Returns used only to build managed portfolios (R); `returns` where absent. */
  readonly factorReturns?: NumericInput | undefined;
  /** Column names of `contextFeatures` (Q). */
  readonly contextNames?: readonly string[] | undefined;
  /** Series common to all assets, known at each date (T x Q). */
  readonly contextFeatures?: NumericInput | undefined;
}
