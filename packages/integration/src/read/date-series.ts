import { ConfigError, DataError, formatTimestamp, type PanelIndex } from '@ml4t/core';
import { describe } from '@ml4t/core/authoring';
import type { BenchmarkSource, RiskFreeSource } from './join-options.ts';
import { besideOptions, type PanelReader } from './joins.ts';
import type { ReadOptions } from './options.ts';
import type { ReadPanel } from './read-panel.ts';

/** The rate over the dates of each return of the panel, subtracted from it. */
export async function subtractRiskFree(
  panel: ReadPanel,
  riskFree: RiskFreeSource,
  options: ReadOptions,
  read: PanelReader,
): Promise<ReadPanel> {
  const { index, timing } = panel;
  if (timing.returnHorizon !== 1)
    throw new ConfigError({
      field: 'options.riskFree',
      expected: 'returns over one date',
      found: `returns over ${timing.returnHorizon}`,
      remedy: 'Subtract the rate at the source.',
    });
  const rate = await forwardSeries(index, riskFree, 'options.riskFree', options, read);
  const excess = (returns: Float64Array | undefined): Float64Array | undefined => {
    if (!returns) return undefined;
    const out = new Float64Array(returns.length);
    for (let t = 0; t < index.nDates; t++)
      for (let row = index.rowOffsets[t]; row < index.rowOffsets[t + 1]; row++) {
        out[row] = returns[row] - rate[t];
        if (Number.isNaN(rate[t]) && !Number.isNaN(returns[row]))
          throw new DataError({
            field: 'options.riskFree',
            expected: 'a rate wherever there is a return',
            found: `none after ${formatTimestamp(index.timestamps[t])}`,
            remedy: 'Fill the series, leave these dates out by the filter, or check its dates and its lag.',
          });
      }
    return out;
  };
  return { ...panel, returns: excess(panel.returns), factorReturns: excess(panel.factorReturns) };
}

/**
 * The return of a series after each date of a panel (T): of a column as its lag says, of prices from one date of the panel to the next.
 * NaN where there is none. The series may have other dates: what counts on a date is the record since the date before.
 */
export async function forwardSeries(
  index: PanelIndex,
  series: BenchmarkSource,
  field: string,
  options: ReadOptions,
  read: PanelReader,
): Promise<Float64Array> {
  const isOfPrices = 'prices' in series && series.prices !== undefined;
  const name = isOfPrices ? series.prices : (series as RiskFreeSource).column;
  const lag = isOfPrices ? 1 : (series as RiskFreeSource).lag;
  if (typeof lag !== 'number' || !Number.isInteger(lag) || lag < 0 || lag > 1)
    throw new ConfigError({
      field: `${field}.lag`,
      expected: '0 or 1',
      found: describe(lag),
      remedy: 'Say 0 where a record is what is earned after its date, 1 where it is what was earned up to it.',
    });
  const { timestamp, timestampFormat } = series;
  const place = (role: string): string =>
    `${field}.${role.replace(/^characteristics.*/, isOfPrices ? 'prices' : 'column')}`;
  const roles = { timestamp, timestampFormat, series: name, characteristics: [name], statedAt: place };
  const { index: dates, characteristics: values } = await read(series.source, roles, besideOptions(series, options));
  const scale = series.in === 'percent' ? 100 : 1;
  const onDate = recordOnDate(index, dates.timestamps, values, isOfPrices, field);
  return Float64Array.from(onDate, (value, t) => {
    const later = t + lag < onDate.length ? onDate[t + lag] : Number.NaN;
    return isOfPrices ? later / value - 1 : later / scale;
  });
}

/** The record of each date of the panel: the one since the date before it, the latest of several prices. */
function recordOnDate(
  { timestamps: panelDates }: PanelIndex,
  dates: Float64Array,
  values: Float64Array,
  latestOfSeveral: boolean,
  field: string,
): Float64Array {
  const out = new Float64Array(panelDates.length).fill(Number.NaN);
  const step = panelDates.length > 1 ? panelDates[1] - panelDates[0] : 0;
  let next = 0;
  while (next < dates.length && dates[next] <= panelDates[0] - step) next++;
  for (let t = 0; t < panelDates.length; t++) {
    let count = 0;
    for (; next < dates.length && dates[next] <= panelDates[t]; next++) {
      out[t] = values[next];
      count++;
    }
    if (count > 1 && !latestOfSeveral)
      throw new DataError({
        field,
        expected: 'one record for each date of the panel',
        found: `${count} up to ${formatTimestamp(panelDates[t])}`,
        remedy: 'Give the series at the frequency of the panel, or prices instead of returns.',
      });
  }
  return out;
}
