/** Positions of consecutive dates, `to` exclusive. */
export interface DateRange {
  readonly from: number;
  readonly to: number;
}
