import {
  PersistentPanelBatch,
  portfolioWindows,
  type CrossSectionBatch,
  type PortfolioSequenceBatch,
} from '@ml4t/core';
import type { VolatilityScaling } from '@ml4t/core/authoring';
import * as z from 'zod';

/** How the rows of a panel become windows; `windows` in the configuration of a portfolio model. */
export const windowsSchema = z
  .strictObject({
    /** T. */
    length: z.int().min(2).default(63).describe('dates in a window'),
    /** Of training windows. */
    stride: z.int().min(1).optional().describe('dates from one training window to the next; length where absent'),
    /** Windows that predict begin with dates before those predicted. */
    warmUp: z
      .int()
      .min(0)
      .optional()
      .describe('first dates of a window that predicts nothing; a third of length where absent'),
    volatility: z
      .strictObject({
        target: z.number().positive().describe('volatility of a position at scale 1'),
        periodsPerYear: z.number().positive().optional().describe('makes target a volatility per year'),
        span: z.number().gt(1).default(63).describe('of the exponential average of squared returns, in dates'),
        minReturns: z.int().min(1).optional(),
        maxScale: z.number().positive().optional().describe('bound on the scale; ten times the usual one where absent'),
      })
      .nullable()
      .default(null)
      .describe('positions scaled by target / ex-ante volatility; none where absent'),
    cost: z.number().min(0).default(0).describe('per unit of turnover, the same for every asset'),
  })
  .check(({ value, issues }) => {
    if ((value.warmUp ?? 0) >= value.length)
      issues.push({ code: 'custom', input: value.warmUp, path: ['warmUp'], message: `below length, ${value.length}` });
  });

export type WindowOptions = z.output<typeof windowsSchema>;

/** Dates of past returns whose mean is a feature of a panel of returns alone: the latest, a week's, a month's. */
const pastReturns = [1, 5, 21] as const;

/**
 * Characteristics and returns of consecutive batches of one panel as a (dates x assets) grid: NaN where an asset has no row. In a
 * panel of returns alone the features are that there is a row, which is what an asset needs to be held, and means of its latest
 * returns that are known on the date, so that a linear model is linear in past returns; 0 where none is known.
 */
export function panelOf(batches: readonly CrossSectionBatch[]): PersistentPanelBatch {
  const [{ index: first, returnHorizon, realisationLag, nCharacteristics, characteristicNames: own }] = batches;
  const characteristicNames = nCharacteristics === 0 ? ['present', ...pastReturns.map((n) => `return ${n}`)] : own;
  const n = first.nAssets;
  const p = characteristicNames.length;
  const nDates = batches.reduce((sum, { nDates: dates }) => sum + dates, 0);
  const returns = new Float64Array(nDates * n).fill(Number.NaN);
  const characteristics = new Float64Array(nDates * n * p).fill(Number.NaN);
  let date = 0;
  for (const { index, ...batch } of batches) {
    for (let t = 0; t < index.nDates; t++, date++)
      for (let row = index.rowOffsets[t]; row < index.rowOffsets[t + 1]; row++) {
        const cell = date * n + index.assetIndex[row];
        returns[cell] = batch.returns?.[row] ?? Number.NaN;
        if (nCharacteristics === 0) characteristics[cell * p] = 1;
        else characteristics.set(batch.characteristics.subarray(row * p, (row + 1) * p), cell * p);
      }
  }
  if (nCharacteristics === 0) addPastReturns(characteristics, returns, n, realisationLag);
  return new PersistentPanelBatch({
    timestamps: Float64Array.from(batches.flatMap(({ timestamps }) => Array.from(timestamps))),
    assetIds: first.assetIds,
    returns,
    returnHorizon,
    realisationLag,
    characteristicNames,
    characteristics,
  });
}

/** Fills the features beside `present`: of date t the mean of the returns dated t - d, t - d - 1, …, d the lag at which they are known. */
function addPastReturns(features: Float64Array, returns: Float64Array, nAssets: number, realisationLag: number): void {
  const p = 1 + pastReturns.length;
  for (let cell = 0; cell < returns.length; cell++) {
    if (features[cell * p] !== 1) continue;
    const asset = cell % nAssets;
    pastReturns.forEach((count, j) => {
      let [sum, known] = [0, 0];
      for (let back = realisationLag; back < realisationLag + count; back++) {
        const value = cell - back * nAssets >= asset ? returns[cell - back * nAssets] : Number.NaN;
        if (Number.isNaN(value)) continue;
        sum += value;
        known++;
      }
      features[cell * p + 1 + j] = known === 0 ? 0 : sum / known;
    });
  }
}

/** Windows for training on a panel; with `from`, those that start on that date or later. */
export function trainingWindows(panel: PersistentPanelBatch, options: WindowOptions, from = 0): CutWindows {
  return cut(panel, options, options.stride ?? options.length, 'forward', from);
}

/** Windows to the last date of the panel, without returns. Each date but the first ones has `warmUp` dates before it in one of them. */
export function predictionWindows(panel: PersistentPanelBatch, options: WindowOptions): CutWindows {
  return cut(panel, options, options.length - warmUpOf(options), 'none', 0);
}

export function warmUpOf({ warmUp, length }: WindowOptions): number {
  return warmUp ?? Math.floor(length / 3);
}

/**
 * Dates before a span that its windows, its volatilities and past returns as features look back on. An average forgets all but
 * e^-20 in ten spans.
 */
export function lookBack(
  { length, volatility }: WindowOptions,
  { nCharacteristics, realisationLag }: Pick<CrossSectionBatch, 'nCharacteristics' | 'realisationLag'>,
): number {
  const past = nCharacteristics === 0 ? realisationLag + Math.max(...pastReturns) : 0;
  return length + Math.max(past, volatility ? Math.ceil(10 * volatility.span) : 0);
}

/** Windows, and what is to be known about them. */
export interface CutWindows {
  readonly batch: PortfolioSequenceBatch;
  /** Volatility scales that were cut to the bound. */
  readonly cappedScales: number;
}

function cut(
  panel: PersistentPanelBatch,
  { length, volatility, cost }: WindowOptions,
  stride: number,
  returns: 'forward' | 'none',
  from: number,
): CutWindows {
  const { batch, cappedScales } = portfolioWindows(panel, {
    windowLength: length,
    stride,
    anchor: 'end',
    returns,
    costs: new Float64Array(panel.nAssets).fill(cost),
    ...(volatility ? { volatility: volatility satisfies VolatilityScaling } : {}),
  });
  const start = panel.timestamps[from];
  let first = 0;
  while (first < batch.nWindows && batch.timestamps[first * length] < start) first++;
  return { batch: first === 0 ? batch : batch.slice(first), cappedScales };
}
