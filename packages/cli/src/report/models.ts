import type { ExperimentDiagnostics, ModelDiagnostics } from '../experiment/diagnostics.ts';
import type { ExperimentSummary, ModelSummary } from '../experiment/summary.ts';
import type { StrategyReport } from '../experiment/strategy.ts';
import type { LegendEntry } from './html.ts';
import { smoothingWindow, type Series } from './series.ts';

/** More lines than this cannot be told apart. */
const MOST_MODELS = 8;

/** A model as the report draws it. */
export interface ReportModel {
  readonly label: string;
  /** A CSS colour, the same in every picture. */
  readonly color: string;
  readonly summary: ModelSummary;
  readonly strategy: StrategyReport;
  readonly diagnostics: ModelDiagnostics;
}

/** What every section of the report looks at. */
export interface ReportContent {
  readonly summary: ExperimentSummary;
  readonly diagnostics: ExperimentDiagnostics;
  /** Those with pictures: all, or the best by the Sharpe ratio of what they trade. */
  readonly models: readonly ReportModel[];
  readonly nModels: number;
  readonly oracle: (NonNullable<ExperimentSummary['oracle']> & { readonly color: string }) | undefined;
  /** Dates of a rolling mean. */
  readonly window: number;
}

export function reportContent(summary: ExperimentSummary, diagnostics: ExperimentDiagnostics): ReportContent {
  const all = summary.models.flatMap((model, position) =>
    model.strategy ? [{ model, strategy: model.strategy, diagnostics: diagnostics.models[position] }] : [],
  );
  const best = new Set([...all].sort((a, b) => rank(b.strategy) - rank(a.strategy)).slice(0, MOST_MODELS));
  const models = all
    .filter((each) => best.has(each))
    .map(({ model, strategy, diagnostics: own }, i) => ({
      label: model.model,
      color: `var(--s${i + 1})`,
      summary: model,
      strategy,
      diagnostics: own,
    }));
  const nDates = models[0]?.strategy.byDate.timestamps.length ?? 0;
  return {
    summary,
    diagnostics,
    models,
    nModels: all.length,
    oracle: summary.oracle && { ...summary.oracle, color: 'var(--ink)' },
    window: smoothingWindow(nDates),
  };
}

/** One line per model, and the oracle's dashed, of what `read` finds in each. */
export function seriesOf(
  { models, oracle }: ReportContent,
  read: (scores: Pick<ModelSummary, 'scores' | 'strategy'>) => Pick<Series, 'timestamps' | 'values'> | undefined,
): Series[] {
  const lines: Series[] = [];
  for (const { label, color, summary } of models) {
    const values = read(summary);
    if (values) lines.push({ name: label, color, ...values });
  }
  const truth = oracle && read({ scores: oracle, strategy: oracle.strategy });
  if (oracle && truth && lines.length > 0)
    lines.push({ name: 'oracle (truth)', color: oracle.color, dashed: true, ...truth });
  return lines;
}

export function legendOf(series: readonly Pick<Series, 'name' | 'color' | 'dashed'>[]): LegendEntry[] {
  return series.map(({ name, color, dashed }) => ({ label: name, color, dashed }));
}

/** A factor of an ensemble without the member that it belongs to: `factor2` of `member1.factor2`. */
export function ofMember(factorName: string): string {
  return factorName.replace(/^member\d+\./, '');
}

/** A Sharpe ratio that is not known, null in a file, comes last. */
function rank({ sharpe }: StrategyReport): number {
  return Number.isFinite(sharpe) ? sharpe : Number.NEGATIVE_INFINITY;
}
