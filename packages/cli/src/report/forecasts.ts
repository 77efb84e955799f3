import { lineChart } from './charts.ts';
import { figure } from './html.ts';
import { legendOf, seriesOf, type ReportContent } from './models.ts';
import { number, percent, yearTable } from './numbers.ts';
import { cumulative, rollingMean, type Series } from './series.ts';

/** How well returns were forecast, over time: R2 and rank correlations. */
export function forecastFigures(content: ReportContent): string[] {
  const { window } = content;
  const rolling = window > 1 ? `mean over the latest ${window} dates` : 'value of each date';
  const smooth = (series: Series): Series => ({ ...series, values: rollingMean(series.values, window) });
  const figures: string[] = [];

  const total = seriesOf(
    content,
    ({ scores }) => scores?.byDate.totalR2 && { timestamps: scores.byDate.timestamps, values: scores.byDate.totalR2 },
  );
  if (total.length > 0)
    figures.push(
      figure({
        title: 'Total R² by date',
        caption:
          `Share of the squared returns of a date that the factors realised after it explain, in percent; ${rolling}. ` +
          'A fit, not a forecast: the upper bound is what the noise leaves.',
        svg: lineChart('Total R squared by date', total.map(smooth), { label: 'total R², %', unit: 'percent' }),
        legend: legendOf(total),
        numbers: yearTable('Mean total R² of the dates of each year, %', total, (value) => percent(value, 1)),
      }),
    );

  const predictive = seriesOf(
    content,
    ({ scores }) => scores && { timestamps: scores.byDate.timestamps, values: scores.byDate.predictiveR2 },
  );
  if (predictive.length > 0)
    figures.push(
      figure({
        title: 'Predictive R² by date',
        caption:
          `Share of the squared returns of a date that was forecast beforehand, in percent; ${rolling}. Below zero a forecast ` +
          'of zero would have been better.',
        svg: lineChart('Predictive R squared by date', predictive.map(smooth), {
          label: 'predictive R², %',
          unit: 'percent',
        }),
        legend: legendOf(predictive),
        numbers: yearTable('Mean predictive R² of the dates of each year, %', predictive, (value) => percent(value, 2)),
      }),
    );

  const correlations = seriesOf(
    content,
    ({ scores }) => scores && { timestamps: scores.byDate.timestamps, values: scores.byDate.rankIC },
  );
  if (correlations.length > 0) {
    figures.push(
      figure({
        title: 'Information coefficient',
        caption: `Rank correlation between forecasts and the returns that followed, across the assets of a date; ${rolling}.`,
        svg: lineChart('Rank information coefficient by date', correlations.map(smooth), { label: 'rank IC' }),
        legend: legendOf(correlations),
        numbers: yearTable('Mean rank IC of each year', correlations, (value) => number(value, 3)),
      }),
      figure({
        title: 'Cumulative information coefficient',
        caption:
          'Sum of the rank correlations so far: a steady slope is a forecast that keeps working, a flat stretch one that has stopped.',
        svg: lineChart(
          'Cumulative rank information coefficient',
          correlations.map((series) => ({ ...series, values: cumulative(series.values) })),
          { label: 'sum of rank IC' },
        ),
        legend: legendOf(correlations),
      }),
    );
  }
  return figures;
}
