import { CrossSectionBatch } from '@ml4t/core';
import type { NamedValues } from '@ml4t/core/nn';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

type Nested = number | null | boolean | readonly Nested[];

export interface GoldenSdf {
  readonly characteristics: Nested;
  readonly returns: Nested;
  readonly context: Nested;
  readonly mask: Nested;
  readonly init: { readonly sdf: Record<string, Nested>; readonly moment: Record<string, Nested> };
  readonly history: readonly { epoch: number; phase: string; train_loss: number; train_sharpe: number }[];
  readonly extracted: Record<string, { weights: Nested; sdf: Nested }>;
  readonly final_states: Record<string, Record<'stochastic_discount_factor' | 'moment', Record<string, Nested>>>;
  readonly beta_head: {
    readonly init: Record<string, Nested>;
    readonly f_hat_scale: number;
    readonly history: readonly { epoch: number; train_loss: number }[];
    readonly signal: Nested;
  };
}

export function goldenSdf(): GoldenSdf {
  return JSON.parse(readFileSync(join(import.meta.dirname ?? __dirname, 'nn_sdf.json'), 'utf8')) as GoldenSdf;
}

/** Nested numbers in row-major order; null as NaN, booleans as 0 and 1. */
export function flat(values: Nested): Float64Array {
  const out: number[] = [];
  const walk = (value: Nested): void => {
    if (Array.isArray(value)) value.forEach(walk);
    else out.push(value === null ? Number.NaN : Number(value));
  };
  walk(values);
  return Float64Array.from(out);
}

function shapeOf(values: Nested): number[] {
  return Array.isArray(values) ? [values.length, ...shapeOf(values[0] as Nested)] : [];
}

const names: Record<string, string> = {
  'lstm.weight_ih_l0': 'lstm.inputWeight',
  'lstm.weight_hh_l0': 'lstm.recurrentWeight',
  'lstm.bias_ih_l0': 'lstm.inputBias',
  'lstm.bias_hh_l0': 'lstm.recurrentBias',
};

/** Arrays of the reference under the names of this package; its last layer is the output. */
export function namedArrays(state: Record<string, Nested>): NamedValues[] {
  const layers = [...new Set(Object.keys(state).map((name) => /^ffn\.\d+/.exec(name)?.[0] ?? ''))].filter(Boolean);
  return Object.entries(state).map(([name, values]) => {
    const layer = layers.findIndex((l) => name.startsWith(`${l}.`));
    const prefix = layer === layers.length - 1 ? 'output' : `hidden.${layer}`;
    const renamed = names[name] ?? name.replace(layers[layer], prefix);
    return { name: renamed, shape: shapeOf(values), values: flat(values), state: false };
  });
}

/** The golden panel; assets outside the mask have no row. */
export function goldenBatch(golden: GoldenSdf): CrossSectionBatch {
  const [nDates, nAssets, p] = shapeOf(golden.characteristics);
  const context = flat(golden.context);
  return CrossSectionBatch.fromDense({
    timestamps: Array.from({ length: nDates }, (_, t) => new Date(Date.UTC(2000, 0, 1 + t)).toISOString().slice(0, 10)),
    assetIds: Array.from({ length: nAssets }, (_, i) => `a${i}`),
    characteristicNames: Array.from({ length: p }, (_, j) => `c${j}`),
    characteristics: flat(golden.characteristics),
    shape: [nDates, nAssets, p],
    returns: flat(golden.returns),
    returnLag: 0,
    mask: Uint8Array.from(flat(golden.mask)),
    contextNames: Array.from({ length: context.length / nDates }, (_, j) => `x${j}`),
    contextFeatures: context,
  });
}

/** Largest absolute difference; NaN must meet NaN. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    if (Number.isNaN(a[i]) !== Number.isNaN(b[i])) return Number.POSITIVE_INFINITY;
    if (!Number.isNaN(a[i])) largest = Math.max(largest, Math.abs(a[i] - b[i]));
  }
  return largest;
}
