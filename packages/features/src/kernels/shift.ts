import type { Window } from '../formula/expression.ts';
import type { AssetLayout } from '../layout.ts';
import { timeBefore } from '../window-bounds.ts';

/** The value of the same asset n rows before, or the last one dated a calendar span before; NaN where there is none. */
export function lag(layout: AssetLayout, x: Float64Array, window: Window, out: Float64Array): Float64Array {
  const { firstOf, times, nRows } = layout;
  if (window.kind === 'rows') {
    for (let p = 0; p < nRows; p++) out[p] = p - window.count >= firstOf[p] ? x[p - window.count] : Number.NaN;
    return out;
  }
  let before = -1;
  for (let p = 0; p < nRows; p++) {
    if (firstOf[p] === p) before = p - 1;
    const time = timeBefore(times[p], window);
    while (before + 1 < p && times[before + 1] <= time) before++;
    out[p] = before >= firstOf[p] ? x[before] : Number.NaN;
  }
  return out;
}

/** The value of the same asset n rows later; NaN where there is none. */
export function lead({ starts }: AssetLayout, x: Float64Array, rows: number, out: Float64Array): Float64Array {
  out.fill(Number.NaN);
  for (let asset = 0; asset + 1 < starts.length; asset++)
    for (let p = starts[asset]; p + rows < starts[asset + 1]; p++) out[p] = x[p + rows];
  return out;
}
