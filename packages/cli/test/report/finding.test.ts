import { describe, expect, it } from '@jest/globals';
import { Random } from '@ml4t/core';
import { meanInference } from '@ml4t/core/inference';
import type { ReportContent } from '../../src/report/models.ts';
import { finding } from '../../src/report/finding.ts';

/** The content of a report, as far as its headline looks: models with the rank ICs given. */
function content(models: Readonly<Record<string, readonly number[]>>, horizon = 1): ReportContent {
  return {
    models: Object.entries(models).map(([label, values]) => {
      const inference = meanInference(Float64Array.from(values), { horizon });
      return {
        label,
        summary: {
          scores: {
            horizon,
            rankIC: inference.estimate,
            rankICStandardError: inference.standardError,
            inference: { rankIC: inference },
            byDate: { timestamps: values.map((_, t) => t), rankIC: values },
          },
        },
      };
    }),
  } as unknown as ReportContent;
}
const around = (mean: number, seed: number, n = 120): number[] => {
  const random = new Random(seed);
  return Array.from({ length: n }, () => mean + 0.1 * random.normal());
};
const text = (given: ReportContent): string =>
  finding(given)
    .replaceAll(/<[^>]+>/g, '')
    .replaceAll('&#60;', '<');

describe('the headline of a report', () => {
  it('names the highest rank IC, its error and its dates, and no more than they bear', () => {
    const said = text(content({ poor: around(0.01, 1), good: around(0.1, 2) }));
    expect(said).toMatch(
      /^Of 2 models the forecasts of good had the highest mean rank IC, 0\.\d+ \(standard error 0\.0\d+, 120 dates\)\. /,
    );
    expect(said).toMatch(/It is ahead of poor by 0\.\d+ \(p < 0\.001\), before allowing for the choice of the best\.$/);
    expect(said).not.toMatch(/luck/);
  });

  it('calls a lead within its error that, and luck luck', () => {
    const twins = text(content({ one: around(0.1, 3), other: around(0.1, 4) }));
    expect(twins).toMatch(/is within its error: this does not tell which of the two ranks better\.$/);
    expect(text(content({ only: around(0, 5) }))).toMatch(
      /^Forecasts of only had a mean rank IC of .*That is within what luck explains \(p = 0\.\d+\)\.$/,
    );
  });

  it('is the same from a file, where what is not known is null', () => {
    for (const given of [
      content({ few: [0.1, 0.2], other: [0.3, 0.1] }),
      content({ a: around(0.1, 6), b: around(0, 7) }, 40),
    ])
      expect(text(JSON.parse(JSON.stringify(given)) as ReportContent)).toBe(text(given));
    // Twelve dates of returns over forty say nothing at all, significant or not.
    const silent = JSON.parse(JSON.stringify(content({ a: around(1, 8, 12) }, 40))) as ReportContent;
    expect(text(silent)).toMatch(/within what luck explains\.$/);
  });

  it('reads results of versions without errors, and says nothing without forecasts', () => {
    const old = content({ a: around(0.1, 9) });
    const { scores } = old.models[0].summary;
    delete (scores as { inference?: unknown }).inference;
    expect(text(old)).toMatch(/^Forecasts of a had a mean rank IC of 0\.\d+ \(standard error 0\.0\d+\)\.$/);
    expect(finding({ models: [] } as unknown as ReportContent)).toBe('');
  });
});
