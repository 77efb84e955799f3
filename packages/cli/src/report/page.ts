import { createHash } from 'node:crypto';
import type { ExperimentDiagnostics } from '../experiment/diagnostics.ts';
import { scoreNotes } from '../experiment/notes.ts';
import type { ExperimentSummary } from '../experiment/summary.ts';
import { factorFigures } from './factors.ts';
import { finding } from './finding.ts';
import { forecastFigures } from './forecasts.ts';
import { escapeHtml, htmlTable } from './html.ts';
import { modelSections } from './model-sections.ts';
import { reportContent, type ReportContent } from './models.ts';
import { number, percent } from './numbers.ts';
import { style } from './style.ts';
import { nonOverlappingTable, tradingFigures, tradingTable } from './trading.ts';

/** Nothing is loaded, no script runs, and no style counts but the sheet of the page, whatever got into its text. */
const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'`;

/**
 * The report of a finished run as one HTML file: pictures are inline SVG, nothing is loaded and no script runs, so that it
 * can be sent and kept. Readable in light and dark, on a telephone and on paper.
 */
export function renderReport(summary: ExperimentSummary, diagnostics: ExperimentDiagnostics): string {
  const content = reportContent(summary, diagnostics);
  const title = summary.title ?? 'Walk-forward experiment';
  const grid = (figures: readonly string[]): string => `<div class="grid">${figures.join('\n')}</div>`;
  const factors = factorFigures(content);
  const sections = [
    `<h2>Comparison</h2>${scoresTable(content)}${scoresNote(content)}`,
    `<h2>Trading</h2>${tradingTable(content)}${nonOverlappingTable(content)}${grid(tradingFigures(content))}`,
    `<h2>Forecasts</h2>${grid(forecastFigures(content))}`,
    ...(factors.length > 0 ? [`<h2>Factors</h2>${grid(factors)}`] : []),
  ].map((section) => `<section>${section}</section>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>${escapeHtml(title)}</h1>
${facts(content)}
${finding(content)}
</header>
<main>
${sections.join('\n')}
${selection(content)}
${modelSections(content)}
${warnings(summary)}
</main>
<footer>
<details class="source"><summary>The experiment</summary><pre>${escapeHtml(JSON.stringify(summary.experiment, null, 2))}</pre></details>
<p class="facts">Made by ml4t ${escapeHtml(summary.ml4t)} from summary.json and diagnostics.json, which hold every number shown here.</p>
</footer>
</body>
</html>
`;
}

function facts({ summary, models }: ReportContent): string {
  const { data } = summary;
  const folds = models[0]?.summary.folds ?? [];
  const span = folds.length > 0 ? `${folds[0].test[0]} to ${folds[folds.length - 1].test[1]}` : '–';
  const parts = [
    `Out of sample ${span}`,
    `${folds.length} fold${folds.length === 1 ? '' : 's'}`,
    `panel ${data.first} to ${data.last}: ${data.rows.toLocaleString('en')} rows, ${data.assets.toLocaleString('en')} assets, ${data.dates} dates, ${data.characteristics} characteristics`,
  ];
  return `<p class="facts">${parts.map(escapeHtml).join(' · ')}</p>`;
}

function scoresTable({ summary: { models, oracle } }: ReportContent): string {
  const hasTangency = models.some(({ scores }) => scores?.tangency);
  const header = [
    'model',
    'K',
    'total R² %',
    'predictive R² %',
    'managed total R² %',
    'rank IC',
    '± s.e.',
    'portfolio SR',
    '± s.e.',
  ];
  if (hasTangency) header.push('tangency SR', '± s.e.');
  header.push('coverage %', 'seconds');
  const row = (
    label: string,
    k: number | undefined,
    { scores, strategy }: Pick<(typeof models)[number], 'scores' | 'strategy'>,
    seconds: number | undefined,
  ): string[] => [
    label,
    number(k, 0),
    percent(scores?.totalR2),
    percent(scores?.predictiveR2),
    percent(scores?.managedTotalR2),
    number(scores?.rankIC, 4),
    number(scores?.rankICStandardError, 4),
    number(strategy?.sharpe),
    number(strategy?.sharpeStandardError),
    ...(hasTangency
      ? [number(scores?.tangency?.outOfSampleSharpe), number(scores?.inference?.tangencySharpe?.standardError)]
      : []),
    percent(scores?.coverage, 1),
    number(seconds, 1),
  ];
  return htmlTable(
    'All models on the same rows: those of the test dates whose return is known',
    header,
    [
      ...models.map((model) => row(model.model, model.nFactors, model, model.seconds)),
      ...(oracle ? [row('oracle (truth)', undefined, { scores: oracle, strategy: oracle.strategy }, undefined)] : []),
    ],
    { lastRowApart: oracle !== undefined },
  );
}

function scoresNote({ models }: ReportContent): string {
  const shares = models.flatMap(({ label, summary: { scores } }) =>
    scores?.totalR2OfNoise === undefined ? [] : [`${percent(scores.totalR2OfNoise, 1)} % (${label})`],
  );
  const noise =
    shares.length === 0
      ? ''
      : ` Factors estimated from the returns of the same date explain part of pure noise: ${shares.join(', ')} of total R²; factors that are portfolios fixed beforehand do not.`;
  return (
    '<p class="note">R² is uncentred: one less the squared errors over the squared returns. <i>Total</i> uses factor returns ' +
    'realised after each date, so it measures a fit; <i>predictive</i> uses what was expected on it. Managed portfolios weight by ' +
    'characteristics, so their R² depends on the units of these. Sharpe ratios (SR) are per period. The portfolio is long the top and ' +
    'short the bottom quantile by forecast, or the model’s own weights. Standard errors (s.e.) allow for overlapping returns and for ' +
    `dependence between dates.${escapeHtml(noise)}</p>`
  );
}

function selection({ models, nModels }: ReportContent): string {
  if (nModels === models.length) return '';
  return `<p class="note">Pictures show ${models.length} of ${nModels} models, those with the highest Sharpe ratio; the first table has all.</p>`;
}

function warnings(summary: ExperimentSummary): string {
  const all = [...summary.warnings, ...scoreNotes(summary.models)];
  if (all.length === 0) return '';
  const items = all.map((warning) => `<li>${escapeHtml(warning)}</li>`).join('');
  return `<section><h2>Warnings</h2><ul class="warnings">${items}</ul></section>`;
}
