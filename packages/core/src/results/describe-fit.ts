import type { FitSummary } from './fit-summary.ts';
import { stopReasonRemedies } from './fit-summary.ts';

const WIDTH = 72;

/**
 * A fit as text for a person: what was fitted to what, how it ended, its metrics, and what to know. Metrics are printed as they
 * are kept, fractions with six significant digits.
 *
 * @example
 * console.log(describeFit(await model.fit(batch)));
 */
export function describeFit(summary: FitSummary): string {
  const { runRecord, converged, stopReason, iterations, trainMetrics, validationMetrics, defaultCheckpoint } = summary;
  const facts: readonly (readonly [string, string])[] = [
    ['model', runRecord.modelType],
    ['version', runRecord.packageVersion],
    ['stopped', stopReason],
    ['converged', converged ? 'yes' : 'no'],
    ['iterations', String(iterations)],
    ['seconds', runRecord.seconds.toFixed(3)],
    ['arithmetic', runRecord.engine],
    ...(defaultCheckpoint === undefined ? [] : [['checkpoint', defaultCheckpoint] as const]),
    ...Object.entries(runRecord.dimensions).map(([name, count]) => [words(name), String(count)] as const),
  ];
  const metrics = [...new Set([...Object.keys(trainMetrics), ...Object.keys(validationMetrics ?? {})])];
  const notes = converged ? summary.notes : [...summary.notes, stopReasonRemedies[stopReason]];
  return [
    '='.repeat(WIDTH),
    ...inPairs(facts),
    '-'.repeat(WIDTH),
    ...(metrics.length === 0 ? [] : [row('', 'train', validationMetrics ? 'validation' : '')]),
    ...metrics.map((name) =>
      row(words(name), number(trainMetrics[name]), validationMetrics ? number(validationMetrics[name]) : ''),
    ),
    '='.repeat(WIDTH),
    ...notes.flatMap((note) => wrapped(note, WIDTH - 2).map((line, i) => `${i === 0 ? '-' : ' '} ${line}`)),
  ].join('\n');
}

/** Two facts a line; one that is too long for half of it has its own. */
function inPairs(facts: readonly (readonly [string, string])[]): string[] {
  const half = WIDTH / 2 - 1;
  const cell = ([name, value]: readonly [string, string]): string =>
    `${name.padEnd(18)}${value.padStart(half - 18)}`.padEnd(half);
  const lines: string[] = [];
  let left: string | undefined;
  for (const fact of facts) {
    const text = cell(fact);
    if (text.length > half)
      wrapped(fact[1], WIDTH - 18).forEach((line, i) => lines.push(`${(i === 0 ? fact[0] : '').padEnd(18)}${line}`));
    else if (left === undefined) left = text;
    else {
      lines.push(`${left}  ${text}`.trimEnd());
      left = undefined;
    }
  }
  return left === undefined ? lines : [...lines, left.trimEnd()];
}

function row(name: string, train: string, validation: string): string {
  return `${name.padEnd(36)}${train.padStart(18)}${validation.padStart(18)}`.trimEnd();
}

function number(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '-';
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
}

/** `explainedVarianceRatio` as `explained variance ratio`; acronyms and digits stay together. */
function words(name: string): string {
  return name.replace(/([a-z])([A-Z])([a-z]?)/g, (_, last: string, first: string, next: string) =>
    next === '' ? `${last} ${first}` : `${last} ${first.toLowerCase()}${next}`,
  );
}

/** The words of a text in lines of at most `width` characters. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
