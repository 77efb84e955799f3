import type { FactorModelReport } from '@ml4t/core';
import { allocatorTable } from './allocator-table.ts';
import { fixed, formatTable, percent } from '../terminal/table.ts';
import type { ExperimentResult } from './run.ts';
import type { StrategyReport } from './strategy.ts';

/**
 * The comparison of models as aligned text: R2 in percent, Sharpe ratios per period, the oracle last where the truth is known. Models that
 * all give weights have a table of their own.
 */
export function resultsTable({ models, oracle }: ExperimentResult): string {
  if (models.every(({ scores }) => scores === undefined)) return allocatorTable(models);
  const hasTangency = models.some(({ scores }) => scores?.tangency !== undefined);
  const hasWeights = models.some(({ strategy }) => strategy.portfolio === 'weights');
  const header = ['model', 'K', 'total R2 %', 'predictive R2 %', 'managed total R2 %', 'rank IC'];
  header.push(hasWeights ? 'portfolio SR' : 'long-short SR');
  if (hasTangency) header.push('tangency SR');
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
    fixed(strategy.sharpe, 2),
    ...(hasTangency ? [fixed(scores?.tangency?.outOfSampleSharpe, 2)] : []),
    fixed(seconds, 2),
  ];
  return formatTable(header, [
    ...models.map(({ record, nFactors, scores, strategy, seconds }) =>
      row(record.run.label, nFactors, scores, strategy, seconds),
    ),
    ...(oracle ? [row('oracle (truth)', undefined, oracle.scores, oracle.strategy, undefined)] : []),
  ]);
}
