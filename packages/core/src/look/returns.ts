import type { CrossSectionBatch } from '../batches/cross-section.ts';
import type { PanelFinding } from './finding.ts';
import { missingCode } from './missing-code.ts';
import { sortedQuantile } from './sampled-panel.ts';

const YEAR = 365.25 * 86_400_000;
/** A year's volatility above this is no asset's that a panel is made of; in percent a quiet currency is already there. */
const LARGEST_VOLATILITY = 3;

/** What is odd about returns (R): their unit, codes among them, values that cannot be. */
export function lookAtReturns(
  batch: CrossSectionBatch,
  returns: Float64Array,
  spannedDates: number,
): readonly PanelFinding[] {
  // All of them: one code among a million returns is enough to spoil a mean.
  const values = returns.filter((value) => !Number.isNaN(value)).sort();
  if (values.length < 10) return [];
  const findings: PanelFinding[] = [];
  const code = missingCode(values, 1);
  if (code)
    findings.push({
      code: 'missing-code',
      severity: 'warning',
      columns: ['returns'],
      evidence: `${code.count} of ${values.length} returns are ${code.value}, far from all others`,
      remedy: 'Say that the number means missing (missingValues), or filter these rows.',
    });
  const sane = code ? values.filter((value) => value !== code.value) : values;
  findings.push(...lookAtUnit(batch, sane, spannedDates));
  const zeros = sane.reduce((count, value) => count + (value === 0 ? 1 : 0), 0);
  if (zeros > 0.5 * sane.length)
    findings.push({
      code: 'stale-returns',
      severity: 'warning',
      columns: ['returns'],
      evidence: `${percentOf(zeros, sane.length)} of the returns are exactly 0`,
      remedy: 'Leave returns of assets that did not trade empty, and check that the column is the right one.',
    });
  return findings;
}

function lookAtUnit(batch: CrossSectionBatch, sorted: Float64Array, spannedDates: number): readonly PanelFinding[] {
  const middle = sortedQuantile(sorted, 0.5);
  // No asset gains a half or more on most dates, and never loses: what lies around 1 is 1 + r.
  if (sorted[0] >= 0 && middle > 0.5 && middle < 1.5)
    return [
      {
        code: 'gross-returns',
        severity: 'warning',
        columns: ['returns'],
        evidence: `no return is negative, and half of them are above ${middle.toPrecision(4)}`,
        remedy: 'If they are gross returns (1.05 for 5 %), subtract 1 at the source: returns are fractions (.05).',
      },
    ];
  const below = sorted.findIndex((value) => value >= -1);
  const impossible = below < 0 ? sorted.length : below;
  // Of percent returns a large share lies below -1; of fractions none may.
  const spread = (sortedQuantile(sorted, 0.84) - sortedQuantile(sorted, 0.16)) / 2;
  const { timestamps } = batch;
  const span = timestamps[timestamps.length - 1] - timestamps[0];
  const perYear = ((timestamps.length - 1) * YEAR) / span / spannedDates;
  const volatility = spread * Math.sqrt(perYear);
  if (impossible > 0.01 * sorted.length || (timestamps.length > 1 && volatility > LARGEST_VOLATILITY))
    return [
      {
        code: 'percent-returns',
        severity: 'warning',
        columns: ['returns'],
        evidence:
          `the middle two thirds of the returns lie within ${spread.toPrecision(3)} of their centre` +
          (timestamps.length > 1 ? `, a volatility of ${(100 * volatility).toFixed(0)} % a year` : '') +
          (impossible > 0 ? `, and ${percentOf(impossible, sorted.length)} are below -1 (-100 %)` : ''),
        remedy: 'If they are percent, say so (returnsIn: percent) or divide by 100: returns are fractions.',
      },
    ];
  if (impossible > 0)
    return [
      {
        code: 'impossible-returns',
        severity: 'warning',
        columns: ['returns'],
        evidence: `${impossible} of ${sorted.length} returns are below -1 (-100 %), the least ${sorted[0].toPrecision(4)}`,
        remedy:
          'Simple returns are never below -1. Convert log returns (exp(r) - 1), mark codes as missing, correct or drop the rows.',
      },
    ];
  return [];
}

export function percentOf(count: number, total: number): string {
  return `${((100 * count) / total).toFixed(1)} %`;
}
