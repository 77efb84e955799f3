import { meanInference, type Inference } from '@ml4t/core/inference';
import type { StoredReport } from '../experiment/summary.ts';
import { escapeHtml } from './html.ts';
import type { ReportContent } from './models.ts';
import { number } from './numbers.ts';

interface Judged {
  readonly label: string;
  readonly scores: StoredReport;
}

/** Above this a difference may well be luck. */
const LEVEL = 0.05;

/** The result in a sentence or two, and no more than the errors bear: luck is called luck. */
export function finding({ models, oracle }: ReportContent): string {
  const judged = models.flatMap(({ label, summary: { scores } }) => (scores ? [{ label, scores }] : []));
  const [best, second] = judged
    .filter(({ scores }) => Number.isFinite(scores.rankIC))
    .sort((a, b) => b.scores.rankIC - a.scores.rankIC);
  if (best === undefined) return '';
  const name = `<b>${escapeHtml(best.label)}</b>`;
  const { rankIC, rankICStandardError: error, inference } = best.scores;
  const truth = oracle ? ` The truth itself reaches ${number(oracle.rankIC, 3)}.` : '';
  const measured = `${number(rankIC, 3)} (standard error ${number(error, 3)}${inference ? `, ${inference.rankIC.count} dates` : ''})`;
  const sentences = [
    judged.length > 1
      ? `Of ${judged.length} models the forecasts of ${name} had the highest mean rank IC, ${measured}.`
      : `Forecasts of ${name} had a mean rank IC of ${measured}.`,
  ];
  if (inference && !isSignificant(inference.rankIC))
    sentences.push(`That is within what luck explains${chance(inference.rankIC)}.`);
  if (second !== undefined) {
    const lead = leadOver(best, second);
    const other = `<b>${escapeHtml(second.label)}</b>`;
    const by = `${number(lead.estimate, 3)}${chance(lead)}`;
    sentences.push(
      isSignificant(lead)
        ? `It is ahead of ${other} by ${by}, before allowing for the choice of the best.`
        : `Its lead over ${other}, ${by}, is within its error: this does not tell which of the two ranks better.`,
    );
  }
  return `<p class="finding">${sentences.join(' ')}${truth}</p>`;
}

/** Mean difference of the two rank ICs over the dates that both have. */
function leadOver({ scores: a }: Judged, { scores: b }: Judged): Inference {
  const other = new Map(b.byDate.timestamps.map((timestamp, t) => [timestamp, b.byDate.rankIC[t] ?? Number.NaN]));
  return meanInference(
    Float64Array.from(
      a.byDate.timestamps,
      (timestamp, t) => (a.byDate.rankIC[t] ?? Number.NaN) - (other.get(timestamp) ?? Number.NaN),
    ),
    { horizon: a.horizon ?? 1 },
  );
}

/** Unknown p-values are null in a file. */
function isSignificant({ pValue }: Inference): boolean {
  return Number.isFinite(pValue) && pValue < LEVEL;
}

function chance({ pValue }: Inference): string {
  if (!Number.isFinite(pValue)) return '';
  return pValue < 0.001 ? ' (p &#60; 0.001)' : ` (p = ${number(pValue, 3)})`;
}
