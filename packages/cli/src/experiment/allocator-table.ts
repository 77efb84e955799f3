import { fixed, formatTable } from '../terminal/table.ts';
import type { ModelResult } from './run.ts';
import { netSharpe } from './strategy.ts';

/**
 * The comparison of models that give weights: Sharpe ratios per period, with their standard errors, before and after each model's own `windows.cost` per unit
 * traded, mean gross exposure, mean turnover and mean cost a period, and the cost at which nothing is left.
 */
export function allocatorTable(models: readonly ModelResult[]): string {
  const header = ['model', 'SR', '± s.e.', 'net SR', 'gross', 'turnover', 'cost %', 'break-even cost %', 'seconds'];
  return formatTable(
    header,
    models.map(({ record, outOfSample, strategy, seconds }) => {
      const cost = costOf(record.run.model.config);
      const { byDate } = strategy;
      const traded = byDate.turnover.reduce((sum, value) => sum + value, 0) / byDate.turnover.length;
      return [
        record.run.label,
        fixed(strategy.sharpe, 3),
        fixed(strategy.sharpeStandardError, 3),
        fixed(netSharpe(strategy, cost), 3),
        fixed(grossExposure(outOfSample), 2),
        fixed(traded, 3),
        fixed(100 * cost * traded, 4),
        fixed(strategy.breakEvenCost === null ? undefined : 100 * strategy.breakEvenCost, 3),
        fixed(seconds, 2),
      ];
    }),
  );
}

/** Per unit traded: `windows.cost` of the model, 0 where it has none. */
function costOf(config: Readonly<Record<string, unknown>>): number {
  const windows = config.windows as { readonly cost?: unknown } | undefined;
  return typeof windows?.cost === 'number' ? windows.cost : 0;
}

/** Mean over the dates that a fold predicted of sum |w|. */
function grossExposure({ index, columns, foldOfRow }: ModelResult['outOfSample']): number {
  let [sum, dates] = [0, 0];
  for (let t = 0; t < index.nDates; t++) {
    const [from, to] = [index.rowOffsets[t], index.rowOffsets[t + 1]];
    if (to === from || foldOfRow[from] < 0) continue;
    dates++;
    for (let row = from; row < to; row++) sum += Math.abs(columns.weight[row] || 0);
  }
  return sum / dates;
}
