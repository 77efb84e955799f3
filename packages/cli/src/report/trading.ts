import { periodsPerYear } from '@ml4t/core/authoring';
import { netSharpe, type StrategyReport } from '../experiment/strategy.ts';
import { lineChart, profileChart } from './charts.ts';
import { figure, htmlTable } from './html.ts';
import { legendOf, seriesOf, type ReportContent } from './models.ts';
import { number, percent, yearTable } from './numbers.ts';
import { cumulative, rollingMean } from './series.ts';

/** Costs per unit traded, in basis points, at which the Sharpe ratio is drawn. */
const COSTS = Array.from({ length: 21 }, (_, i) => 5 * i);

/** What trading the forecasts earned, and what is left of it after costs. */
export function tradingFigures(content: ReportContent): string[] {
  const { window } = content;
  const earned = seriesOf(
    content,
    ({ strategy }) => strategy && { timestamps: strategy.byDate.timestamps, values: strategy.byDate.returns },
  );
  const traded = seriesOf(
    content,
    ({ strategy }) => strategy && { timestamps: strategy.byDate.timestamps, values: strategy.byDate.turnover },
  );
  const net = profiles(content);
  return [
    figure({
      title: 'Cumulative return',
      caption:
        'Of the long-short portfolio (top less bottom quantile by forecast, equally weighted) or of the model’s own weights; sum of the ' +
        'returns, in percent of the capital, before costs and not compounded.',
      svg: lineChart(
        'Cumulative return before costs',
        earned.map((series) => ({ ...series, values: cumulative(series.values) })),
        { label: 'cumulative return, %', unit: 'percent' },
      ),
      legend: legendOf(earned),
      numbers: yearTable('Mean return per period in each year, %', earned, (value) => percent(value, 2)),
    }),
    figure({
      title: 'Sharpe ratio after costs',
      caption:
        'Per period, against the cost of trading in basis points of the amount traded. Where a line meets zero, costs have taken all ' +
        'that the portfolio earned.',
      svg: profileChart(
        'Sharpe ratio after costs',
        COSTS,
        net,
        { label: 'cost, basis points' },
        { label: 'Sharpe ratio per period' },
      ),
      legend: legendOf(net),
    }),
    figure({
      title: 'Turnover',
      caption:
        `Sum of absolute trades in multiples of the capital, after holdings have drifted with returns; ${window > 1 ? `mean over the latest ${window} dates` : 'each date'}. ` +
        'Replacing a long-short portfolio whole is 4.',
      svg: lineChart(
        'Turnover by date',
        // The first date buys the whole portfolio, which says nothing about the model.
        traded.map((series) => ({ ...series, values: rollingMean([null, ...series.values.slice(1)], window) })),
        { label: 'turnover' },
      ),
      legend: legendOf(traded),
    }),
  ];
}

export function tradingTable({ models, oracle }: ReportContent): string {
  const found = periodsPerYear(models[0].strategy.byDate.timestamps);
  const frequency = found?.name ? found : undefined;
  const horizon = Math.max(...models.map(({ strategy }) => strategy.horizon ?? 1));
  const header = ['model', 'mean %', '± s.e.', 'volatility %', 'SR', '± s.e.', 'p'];
  // Returns over h dates come in as many spans as fit into a year.
  if (frequency) header.push(`SR p.a. (×√${horizon > 1 ? `(${frequency.count}/${horizon})` : frequency.count})`);
  header.push('turnover', 'SR at 10 bp', 'SR at 25 bp', 'SR at 50 bp', 'break-even bp');
  const row = (label: string, strategy: StrategyReport): string[] => [
    strategy.portfolio === 'weights' ? `${label} (own weights)` : label,
    percent(strategy.mean),
    percent(errors(strategy)?.mean.standardError),
    percent(strategy.standardDeviation),
    number(strategy.sharpe),
    number(strategy.sharpeStandardError),
    number(errors(strategy)?.sharpe.pValue, 3),
    ...(frequency ? [number(strategy.sharpe * Math.sqrt(frequency.count / horizon))] : []),
    number(strategy.turnover),
    ...[10, 25, 50].map((cost) => number(netSharpe(strategy, cost / 10_000))),
    number(strategy.breakEvenCost === null ? null : 10_000 * strategy.breakEvenCost, 0),
  ];
  return htmlTable(
    `Per ${horizon > 1 ? `${horizon} dates` : 'period'}, ${models[0].strategy.byDate.returns.length} dates; SR is the Sharpe ratio, p that of a true ratio of zero, bp the cost in basis points of the amount traded`,
    header,
    [
      ...models.map(({ label, strategy }) => row(label, strategy)),
      ...(oracle ? [row('oracle (truth)', oracle.strategy)] : []),
    ],
    { lastRowApart: oracle !== undefined },
  );
}

/** Trading on dates whose returns do not overlap, beside the table of all dates; empty with returns over one date. */
export function nonOverlappingTable({ models, oracle }: ReportContent): string {
  const row = (label: string, { nonOverlapping: alone }: StrategyReport): string[] | undefined =>
    alone && [
      label,
      number(alone.dates, 0),
      percent(alone.mean.estimate),
      percent(alone.mean.standardError),
      number(alone.sharpe.estimate),
      number(alone.sharpe.standardError),
      number(alone.sharpe.pValue, 3),
      number(alone.turnover),
      number(alone.breakEvenCost === null ? null : 10_000 * alone.breakEvenCost, 0),
    ];
  const rows = [
    ...models.map(({ label, strategy }) => row(label, strategy)),
    ...(oracle ? [row('oracle (truth)', oracle.strategy)] : []),
  ].filter((each) => each !== undefined);
  if (rows.length === 0) return '';
  return htmlTable(
    'The same on dates whose returns do not overlap: each holding is kept to the end of its return, as somebody would who trades it',
    ['model', 'dates', 'mean %', '± s.e.', 'SR', '± s.e.', 'p', 'turnover', 'break-even bp'],
    rows,
    { lastRowApart: oracle !== undefined },
  );
}

/** Absent in results of earlier versions. */
function errors(strategy: StrategyReport): StrategyReport['inference'] | undefined {
  return (strategy as Partial<StrategyReport>).inference;
}

function profiles({
  models,
  oracle,
}: ReportContent): { name: string; color: string; dashed?: boolean; values: number[] }[] {
  const valuesOf = (strategy: (typeof models)[number]['strategy']): number[] =>
    COSTS.map((cost) => netSharpe(strategy, cost / 10_000));
  return [
    ...models.map(({ label, color, strategy }) => ({ name: label, color, values: valuesOf(strategy) })),
    ...(oracle
      ? [{ name: 'oracle (truth)', color: oracle.color, dashed: true, values: valuesOf(oracle.strategy) }]
      : []),
  ];
}
