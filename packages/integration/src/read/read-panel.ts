import type { ReturnTiming } from '@ml4t/core/authoring';
import type { PanelReadReport, PanelSeries } from './report.ts';
import type { OrderedPanel } from './panel-order.ts';

/** A panel that was read whole. */
export interface ReadPanel {
  readonly index: OrderedPanel['index'];
  readonly characteristics: Float64Array;
  readonly returns: Float64Array | undefined;
  /** Of `returns` and `factorReturns`; one date where the source has prices. */
  readonly timing: ReturnTiming;
  readonly factorReturns: Float64Array | undefined;
  readonly prices: Float64Array | undefined;
  readonly context: Float64Array | undefined;
  readonly report: PanelReadReport;
  readonly series: PanelSeries;
}
