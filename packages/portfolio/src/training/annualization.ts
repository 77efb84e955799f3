import type { PortfolioSequenceBatch } from '@ml4t/core';
import { periodsPerYear } from '@ml4t/core/authoring';
import type { AnnualConfig, PortfolioConfig } from '../config.ts';

/** Where dates do not say: those of the reference. */
const TRADING_DAYS = 252;

type SharpeConfig = Pick<PortfolioConfig, 'annualizationFactor' | 'sharpeEps' | 'volatilityScaling'>;

/** Mean square of the returns that `sharpeEps` is stated for. */
const PER_CENT_SQUARED = 1e-4;

/** A configuration as it applies to a batch, and how that came about where the configuration left it open. */
export interface Annualized<C extends SharpeConfig> {
  readonly config: AnnualConfig<C>;
  readonly notes: readonly string[];
}

/**
 * The configuration with its annualization factor: as given, else the periods in a year of the batch's dates over the dates h that a
 * return spans, since returns over h dates have h times the mean and, overlapping or not, h times the variance of those over one. And
 * with `sharpeEps` in the unit of what the batch's positions earn.
 */
export function annualized<C extends SharpeConfig>(config: C, batch: PortfolioSequenceBatch): Annualized<C> {
  const { timestamps, returnHorizon: h } = batch;
  const sharpeEps = (config.sharpeEps * meanSquare(batch, config)) / PER_CENT_SQUARED;
  if (config.annualizationFactor !== null)
    return { config: { ...config, sharpeEps, annualizationFactor: config.annualizationFactor }, notes: [] };
  const frequency = periodsPerYear([...new Set(timestamps)].sort((a, b) => a - b));
  const annualizationFactor = (frequency?.count ?? TRADING_DAYS) / h;
  const factor = String(Number(annualizationFactor.toPrecision(4)));
  const dates = frequency ? (frequency.name ?? 'unusual') : 'too few';
  const spans = h > 1 ? `, returns over ${h} of them` : '';
  return {
    config: { ...config, sharpeEps, annualizationFactor },
    notes: [
      `Sharpe ratios are annualised by ${factor} (${dates} dates${spans}).` +
        (frequency?.everyDay
          ? ' The dates have no weekends: state annualizationFactor: 365 for a market that never closes.'
          : ''),
    ],
  };
}

/** Of what positions of scale 1 earn where they can be held; that of one per cent where nothing is earned. */
function meanSquare({ mask, forwardReturns, volScale }: PortfolioSequenceBatch, config: SharpeConfig): number {
  const scales = config.volatilityScaling === 'gross-and-costs' ? volScale : undefined;
  let [sum, count] = [0, 0];
  for (let cell = 0; cell < mask.length; cell++) {
    if (mask[cell] === 0 || !forwardReturns) continue;
    const earned = forwardReturns[cell] * (scales?.[cell] ?? 1);
    sum += earned * earned;
    count++;
  }
  return sum > 0 ? sum / count : PER_CENT_SQUARED;
}
