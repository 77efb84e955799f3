import type { FactorModelReport } from '@ml4t/core';
import { allocatorTable } from './allocator-table.ts';
import { fixed, formatTable, percent } from '../terminal/table.ts';
import { counted } from '../terminal/words.ts';
import { onOneLine } from '../terminal/printable.ts';
import { scoreNotes } from './notes.ts';
import type { ExperimentResult } from './run.ts';
import type { StrategyReport } from './strategy.ts';

/**
 * The comparison of models as aligned text: R2 in percent, Sharpe ratios per period with their standard errors, the oracle last where the
 * truth is known. Models that all give weights have a table of their own.
 */
export function resultsTable({ models, oracle }: ExperimentResult): string {
  if (models.every(({ scores }) => scores === undefined)) return allocatorTable(models);
  const hasTangency = models.some(({ scores }) => scores?.tangency !== undefined);
  const hasWeights = models.some(({ strategy }) => strategy.portfolio === 'weights');
  const header = ['model', 'K', 'total R2 %', 'predictive R2 %', 'managed total R2 %', 'rank IC', '± s.e.'];
  header.push(hasWeights ? 'portfolio SR' : 'long-short SR', '± s.e.');
  if (hasTangency) header.push('tangency SR', '± s.e.');
  header.push('seconds');
  const row = (
    label: string,
    nFactors: number | undefined,
    scores: FactorModelReport | undefined,
    strategy: StrategyReport,
    seconds: number | undefined,
  ): string[] => [
    label,
    nFactors === undefined ? '-' : String(nFactors),
    percent(scores?.totalR2),
    percent(scores?.predictiveR2),
    percent(scores?.managedTotalR2),
    fixed(scores?.rankIC, 4),
    fixed(scores?.rankICStandardError, 4),
    fixed(strategy.sharpe, 2),
    fixed(strategy.sharpeStandardError, 2),
    ...(hasTangency
      ? [fixed(scores?.tangency?.outOfSampleSharpe, 2), fixed(scores?.inference.tangencySharpe?.standardError, 2)]
      : []),
    fixed(seconds, 2),
  ];
  const table = formatTable(header, [
    ...models.map(({ record, nFactors, scores, strategy, seconds }) =>
      row(record.run.label, nFactors, scores, strategy, seconds),
    ),
    ...(oracle ? [row('oracle (truth)', undefined, oracle.scores, oracle.strategy, undefined)] : []),
  ]);
  const notes = scoreNotes(models.map(({ record, scores }) => ({ model: record.run.label, scores })));
  return [
    table,
    '',
    errorsNote(models),
    ...[...withoutOverlap(models), ...ofNoise(models), ...notes.map((note) => `note: ${note}`)].map(onOneLine),
  ].join('\n');
}

/** The total R2 that as many factors of the same date have on pure noise; nothing without factors. */
function ofNoise(models: ExperimentResult['models']): readonly string[] {
  const shares = models.flatMap(({ record, scores }) =>
    scores?.totalR2OfNoise === undefined ? [] : [`${percent(scores.totalR2OfNoise)} % (${record.run.label})`],
  );
  if (shares.length === 0) return [];
  return [`total R2 of pure noise with factors estimated from the same date's returns (K / N): ${shares.join(', ')}`];
}

/** What is left of each model on dates whose returns do not overlap, a line each; nothing with returns over one date. */
function withoutOverlap(models: ExperimentResult['models']): readonly string[] {
  return models.flatMap(({ record, scores, strategy }) => {
    const alone = scores?.nonOverlapping;
    const traded = strategy.nonOverlapping;
    if (!alone || !traded) return [];
    const { rankIC } = alone;
    return `${record.run.label} on ${counted(alone.dates, 'date')} whose returns do not overlap: rank IC ${fixed(rankIC.estimate, 4)} ± ${fixed(rankIC.standardError, 4)}, portfolio SR ${fixed(traded.sharpe.estimate, 2)} ± ${fixed(traded.sharpe.standardError, 2)}, turnover ${fixed(traded.turnover, 2)}`;
  });
}

/** How the errors are to be read: over how many dates, and how many of them make an interval. */
function errorsNote(models: ExperimentResult['models']): string {
  const known = models.flatMap(({ scores }) => (scores ? [scores] : []));
  const { count, estimate, standardError, confidenceInterval } = known
    .map(({ inference }) => inference.rankIC)
    .reduce((least, each) => (each.count < least.count ? each : least));
  const [{ horizon }] = known;
  const returns = horizon > 1 ? `, returns over ${horizon} dates` : '';
  const reach = (confidenceInterval[1] - estimate) / standardError;
  if (Number.isNaN(reach)) return `s.e. of the rank IC: not known from ${counted(count, 'date')}${returns}`;
  return `s.e.: standard error, from ${counted(count, 'date')}${returns}; a 95 % interval of the rank IC is ± ${fixed(reach, 2)} s.e.`;
}
