import { intervalChart, lineChart } from './charts.ts';
import { figure, htmlTable } from './html.ts';
import { legendOf, ofMember, seriesOf, type ReportContent } from './models.ts';
import { number, yearTable } from './numbers.ts';
import { cumulative } from './series.ts';

/** More rows than this make a picture longer than a screen. */
const MOST_FACTORS = 8;

/** The factors of the models that have some: what each earned, and the portfolio of them that was best beforehand. */
export function factorFigures(content: ReportContent): string[] {
  const figures: string[] = [];
  const tangency = seriesOf(
    content,
    ({ scores }) => scores?.byDate.tangency && { timestamps: scores.byDate.timestamps, values: scores.byDate.tangency },
  );
  if (tangency.length > 0)
    figures.push(
      figure({
        title: 'Tangency portfolio of the factors',
        caption:
          'Cumulative return out of sample of the mix of factors that had the highest Sharpe ratio on each fold’s training dates, held ' +
          'over its test dates; in units of its volatility on the training dates, not compounded.',
        svg: lineChart(
          'Cumulative return of the tangency portfolio',
          tangency.map((series) => ({ ...series, values: cumulative(series.values) })),
          { label: 'cumulative return, training volatilities' },
        ),
        legend: legendOf(tangency),
        numbers: yearTable('Mean return per period in each year, training volatilities', tangency, (value) =>
          number(value),
        ),
      }),
    );
  const intervals = content.models.flatMap(({ label, color, summary, diagnostics: { factors } }) =>
    (factors?.names ?? []).slice(0, Math.min(MOST_FACTORS, summary.nFactors ?? MOST_FACTORS)).flatMap((name, j) => {
      const [value, error] = [factors?.sharpe[j] ?? null, factors?.standardErrors[j] ?? null];
      if (value === null || error === null) return [];
      const [low, high] = factors?.intervals?.[j] ?? [value - 1.96 * error, value + 1.96 * error];
      if (low === null || high === null) return [];
      return [{ group: label, name: ofMember(name), color, value, low, high }];
    }),
  );
  if (intervals.length > 0)
    figures.push(
      figure({
        title: 'Sharpe ratios of the factors',
        caption:
          'Per period, over the training dates of the last fold: in sample, since each model chose its factors on these dates. Lines are ' +
          '95 % intervals, which allow for dependence between dates. Factors are ordered by their second moment and have a positive mean by convention; of an ensemble, those of its first member.',
        svg: intervalChart('Sharpe ratios of the factors', intervals, { label: 'Sharpe ratio per period' }),
        numbers: htmlTable(
          'Per period, training dates of the last fold',
          ['factor', 'SR', '95 % from', 'to'],
          intervals.map(({ group, name, value, low, high }) => [
            `${group} ${name}`,
            number(value),
            number(low),
            number(high),
          ]),
        ),
      }),
    );
  return figures;
}
