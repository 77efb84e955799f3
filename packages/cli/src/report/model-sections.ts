import { barChart, curveChart, decileChart, heatMap } from './charts.ts';
import { escapeHtml, figure, htmlTable } from './html.ts';
import { ofMember, type ReportContent, type ReportModel } from './models.ts';
import { number, percent } from './numbers.ts';
import { cumulative, mean } from './series.ts';

/** More rows than this make a picture longer than a screen. */
const MOST_ROWS = 20;

const scoreNames = { 'total-r2': 'total R²', 'rank-ic': 'rank IC', sharpe: 'Sharpe ratio' } as const;

/** One section per model: sorted portfolios, what it learnt from, how it trained. */
export function modelSections({ models }: ReportContent): string {
  return models
    .map((model) => {
      const figures = [decileFigure(model), importanceFigure(model), exposureFigure(model), learningFigure(model)];
      const shown = figures.filter((each) => each !== undefined);
      const head = `<h2 id="${anchorOf(model.label)}">${escapeHtml(model.label)}</h2>${facts(model)}`;
      return `<section>${head}<div class="grid">${shown.join('\n')}</div></section>`;
    })
    .join('\n');
}

export function anchorOf(label: string): string {
  return `model-${label.replace(/[^A-Za-z0-9]+/g, '-')}`;
}

function facts({ summary }: ReportModel): string {
  const { folds, type, nFactors, seconds, config } = summary;
  const reasons = new Map<string, number>();
  for (const { stopReason } of folds) reasons.set(stopReason, (reasons.get(stopReason) ?? 0) + 1);
  const ended = [...reasons].map(([reason, count]) => `${reason} (${count})`).join(', ');
  const parts = [
    `type ${type}`,
    nFactors === undefined ? '' : `${nFactors} factor${nFactors === 1 ? '' : 's'}`,
    `${folds.length} fit${folds.length === 1 ? '' : 's'}, ended by ${ended}`,
    `${number(seconds, 1)} s`,
    settings(config) || 'default configuration',
  ];
  return `<p class="facts">${parts
    .filter((part) => part !== '')
    .map(escapeHtml)
    .join(' · ')}</p>`;
}

/** `nFactors 3, hiddenUnits [16]` */
function settings(config: Readonly<Record<string, unknown>>): string {
  return Object.entries(config)
    .map(([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}

function decileFigure({ label, summary, diagnostics: { deciles } }: ReportModel): string | undefined {
  if (!deciles || deciles.returns.every((value) => value === null)) return undefined;
  const { timestamps, returns } = deciles;
  const n = returns.length / timestamps.length;
  const columns = Array.from({ length: n }, (_, q) => timestamps.map((__, t) => returns[t * n + q]));
  const name = n === 10 ? 'decile' : 'quantile';
  const inference = summary.scores?.inference?.quantileMeans;
  return figure({
    title: `${n === 10 ? 'Deciles' : 'Quantiles'} by forecast`,
    caption:
      `Cumulative return of ${n} equally weighted portfolios, assets sorted on each date by forecast, in percent, not compounded. A ` +
      'model that ranks well fans them out in order.',
    svg: decileChart(`Cumulative returns of ${name}s by forecast, ${label}`, timestamps, columns.map(cumulative), {
      label: 'cumulative return, %',
      unit: 'percent',
    }),
    numbers: htmlTable(
      'Mean return per period, %',
      [name, 'mean %', '± s.e.', 'p', 'dates'],
      columns.map((values, q) => [
        q === 0 ? '1 (lowest)' : q === n - 1 ? `${n} (highest)` : String(q + 1),
        percent(mean(values)),
        percent(inference?.[q].standardError),
        number(inference?.[q].pValue, 3),
        String(values.filter((value) => value !== null).length),
      ]),
    ),
  });
}

function importanceFigure({ label, color, diagnostics: { importance } }: ReportModel): string | undefined {
  if (!importance) return undefined;
  const { score, characteristicNames, loss, full } = importance;
  const bars = characteristicNames.map((name, j) => ({ name, value: loss[j] ?? 0 })).sort((a, b) => b.value - a.value);
  const shown = bars.slice(0, MOST_ROWS);
  const isPercent = score === 'total-r2';
  const format = (value: number | null): string => (isPercent ? percent(value) : number(value, 3));
  return figure({
    title: 'Importance of characteristics',
    caption:
      `Fall of the ${scoreNames[score]}${isPercent ? ', in percentage points,' : ''} on the last test window (${format(full)}${isPercent ? ' %' : ''} with all in place) ` +
      `when a characteristic is shuffled among the assets of each date.${bars.length > shown.length ? ` The first ${shown.length} of ${bars.length}.` : ''}`,
    svg: barChart(
      `Importance of characteristics, ${label}`,
      shown,
      isPercent
        ? { label: 'fall of total R², percentage points', unit: 'percent' }
        : { label: `fall of ${scoreNames[score]}` },
      color,
    ),
    numbers: htmlTable(
      `Fall of the ${scoreNames[score]}${isPercent ? ', percentage points' : ''}`,
      ['characteristic', 'fall'],
      bars.map(({ name, value }) => [name, format(value)]),
    ),
  });
}

function exposureFigure({ label, summary, diagnostics: { exposures } }: ReportModel): string | undefined {
  if (!exposures) return undefined;
  const { measure, rowNames } = exposures;
  // Of an ensemble, the factors of its first member: the others' are coordinates of their own.
  const k = Math.min(exposures.columnNames.length, summary.nFactors ?? exposures.columnNames.length);
  const width = exposures.columnNames.length;
  const values = exposures.values.filter((_, at) => at % width < k);
  const size = (row: number): number =>
    Math.max(...values.slice(row * k, (row + 1) * k).map((value) => Math.abs(value ?? 0)));
  const largest = rowNames
    .map((_, row) => row)
    .sort((a, b) => size(b) - size(a) || a - b)
    .slice(0, MOST_ROWS);
  const table = {
    rowNames: largest.map((row) => rowNames[row]),
    columnNames: exposures.columnNames.slice(0, k).map(ofMember),
    values: largest.flatMap((row) => values.slice(row * k, (row + 1) * k)),
  };
  const some =
    measure === 'loading'
      ? ' The assets with the largest ones.'
      : rowNames.length > largest.length
        ? ` The ${largest.length} largest of ${rowNames.length}.`
        : '';
  return figure({
    title: measure === 'loading' ? 'Loadings of assets' : `What ${subjectOf(exposures.columnNames)} on`,
    caption:
      measure === 'loading'
        ? `Loading of an asset on each factor, last fold.${some}`
        : `Correlation, over the rows of the last test window, between each characteristic and each column.${some} A relation that is not linear may not show.`,
    svg: heatMap(
      `${measure === 'loading' ? 'Loadings of assets' : 'Correlations of exposures with characteristics'}, ${label}`,
      table,
    ),
  });
}

function learningFigure({ label, color, diagnostics: { learning } }: ReportModel): string | undefined {
  if (!learning.some(({ steps }) => steps.length > 1)) return undefined;
  const validated = learning.some(({ metric }) => metric === 'validationLoss');
  const several = learning.filter(({ metric }) => metric === learning[0].metric).length > 1;
  const metric = learning[0].metric === 'totalR2' ? 'total R²' : 'loss';
  return figure({
    title: 'Learning curve',
    caption:
      `${metric === 'loss' ? 'Training loss' : 'Total R² in sample'} of the last fold by ${metric === 'loss' ? 'epoch' : 'iteration'}` +
      `${validated ? ', dashed on the validation dates' : ''}${several ? '; one line per member and phase of training' : ''}.` +
      (validated
        ? ' In training it is the whole objective with its penalties and side tasks, in validation what stopping watches.'
        : ''),
    svg: curveChart(
      `Learning curve, ${label}`,
      learning.map(({ metric: name, steps, values }) => ({
        color: name === 'validationLoss' ? 'var(--ink)' : color,
        dashed: name === 'validationLoss',
        steps,
        values,
      })),
      { label: metric === 'loss' ? 'epoch' : 'iteration' },
      { label: metric },
    ),
    legend: validated
      ? [
          { label: 'training', color },
          { label: 'validation', color: 'var(--ink)', dashed: true },
        ]
      : undefined,
  });
}

function subjectOf(columnNames: readonly string[]): string {
  if (columnNames.includes('weight')) return 'the weights depend';
  return columnNames.includes('forecast') ? 'the forecast depends' : 'exposures depend';
}
