import type { Engine } from '@ml4t/core/engine';
import type { HostValues, HostWriter, Tensor } from '@ml4t/core/nn';
import { gatherRows } from '@ml4t/core/train';
import type { ContextInput } from './context.ts';
import type { PricingTensors } from './losses.ts';
import type { NetworkInput } from './networks.ts';
import type { PricingRows, SelectedRows } from './pricing-rows.ts';

/** A network's input in an engine; `release` frees it. */
export interface HeldInput extends NetworkInput {
  release(): void;
}

/** A panel in an engine, for pricing. */
export interface HeldPanel extends HeldInput, PricingTensors {
  readonly nDates: number;
  /** The same on this side of the engine. */
  readonly rows: PricingRows;
}

function holder(engine: Engine): {
  hold: (values: HostValues | HostWriter, shape: readonly number[]) => Tensor;
  release(): void;
} {
  const held: Tensor[] = [];
  return {
    hold(values, shape) {
      const tensor = engine.tensor(values, shape);
      held.push(tensor);
      return tensor;
    },
    release() {
      for (const tensor of held.splice(0)) engine.release(tensor);
    },
  };
}

/** Copies what a network reads into an engine. */
export function holdInput(engine: Engine, selected: SelectedRows, context: ContextInput | undefined): HeldInput {
  const { hold, release } = holder(engine);
  const { rows, characteristics, nCharacteristics: p } = selected;
  return {
    characteristics: hold((into) => gatherRows(characteristics, p, rows, into), [rows.length, p]),
    context: context && hold(context.values, [1, context.nDates, context.nFeatures]),
    before: context?.before ?? 0,
    offsets: selected.offsets,
    release,
  };
}

/** Copies a panel into an engine. */
export function holdPanel(engine: Engine, rows: PricingRows, context: ContextInput | undefined): HeldPanel {
  const input = holdInput(engine, rows, context);
  const { hold, release } = holder(engine);
  const { offsets, returns } = rows;
  const nDates = offsets.length - 1;
  const priced = offsets.slice(1).filter((last, t) => last > offsets[t]).length;
  const dateWeights = new Float64Array(nDates);
  let meanSquare = 0;
  for (let t = 0; t < nDates; t++) {
    if (offsets[t + 1] === offsets[t]) continue;
    dateWeights[t] = 1 / ((offsets[t + 1] - offsets[t]) * priced);
    for (let r = offsets[t]; r < offsets[t + 1]; r++) meanSquare += returns[r] * returns[r] * dateWeights[t];
  }
  return {
    ...input,
    nDates,
    rows,
    assets: rows.assets,
    nAssets: rows.nAssets,
    factorReturns: hold(rows.factorReturns, [returns.length, 1]),
    momentReturns: hold(rows.momentReturns, [returns.length, 1]),
    returns: hold(returns, [returns.length, 1]),
    dateWeights: hold(dateWeights, [nDates, 1]),
    meanSquare,
    release() {
      input.release();
      release();
    },
  };
}
