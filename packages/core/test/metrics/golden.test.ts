import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { PanelIndex } from '../../src/batches/panel-index.ts';
import { averageRanks } from '../../src/metrics/average-ranks.ts';
import { areaUnderCurve, logLoss } from '../../src/metrics/classification.ts';
import { rankInformationCoefficient } from '../../src/metrics/rank-correlation.ts';

interface Golden {
  average_ranks: { values: number[]; ranks: number[] };
  spearman: { y: (number | null)[][]; score: (number | null)[][]; mean_ic: number };
  classification: { y: number[][]; p: number[][]; validation_auc: number; validation_log_loss: number };
}
const golden = JSON.parse(readFileSync(join(__dirname, 'golden', 'metrics.json'), 'utf8')) as Golden;
const flat = (rows: (number | null)[][]): Float64Array => Float64Array.from(rows.flat(), (x) => x ?? Number.NaN);

describe('golden numbers of the reference (see golden/README.md)', () => {
  it('average ranks', () => {
    expect([...averageRanks(Float64Array.from(golden.average_ranks.values))]).toEqual(golden.average_ranks.ranks);
  });

  it('mean rank information coefficient', () => {
    const { y, score } = golden.spearman;
    const index = PanelIndex.full(
      Float64Array.from({ length: 6 }, (_, t) => t),
      Array.from({ length: 15 }, (_, i) => `a${i}`),
    );
    const ic = rankInformationCoefficient(index, flat(score), flat(y));
    expect(ic.count).toBe(4);
    expect(Number.isNaN(ic.byDate[0]) && Number.isNaN(ic.byDate[1])).toBe(true);
    expect(Math.abs(ic.mean - golden.spearman.mean_ic)).toBeLessThan(1e-12);
  });

  it('area under the curve and log loss', () => {
    const { y, p } = golden.classification;
    expect(Math.abs(areaUnderCurve(flat(y), flat(p)) - golden.classification.validation_auc)).toBeLessThan(1e-12);
    expect(Math.abs(logLoss(flat(y), flat(p)) - golden.classification.validation_log_loss)).toBeLessThan(1e-12);
  });
});
