import { describe, expect, it } from '@jest/globals';
import { describeFit, type FitSummary } from '../../src/index.ts';

const summary: FitSummary = {
  converged: false,
  stopReason: 'max-iterations',
  iterations: 300,
  trainMetrics: { totalR2: 0.412345678, rows: 4000 },
  validationMetrics: { totalR2: 0.25 },
  defaultCheckpoint: 'step-200',
  history: [],
  notes: [
    '3 dates with fewer rows than a regression on the characteristics bears took no part in the fit or in its premia.',
  ],
  runRecord: {
    modelType: 'ipca',
    packageVersion: '0.1.0',
    config: {},
    engine: 'wasm-simd of a machine with a name that is longer than half a line',
    dimensions: { dates: 120, missingReturns: 7 },
    stopReason: 'max-iterations',
    seconds: 1.23456,
  },
};

describe('describeFit', () => {
  const text = describeFit(summary);

  it('shows every fact, metric and note of a fit', () => {
    for (const fact of [
      'ipca',
      '0.1.0',
      'max-iterations',
      'no',
      '300',
      '1.235',
      'step-200',
      '120',
      'missing returns',
      '7',
    ])
      expect(text).toContain(fact);
    expect(text).toMatch(/^total R2 +0\.412346 +0\.25$/m);
    expect(text).toMatch(/^rows +4000 +-$/m);
    expect(text.replace(/\s+/g, ' ')).toContain('took no part in the fit or in its premia.');
    // A fit that did not end well says what to do.
    expect(text.replace(/\s+/g, ' ')).toContain('raise the limit of iterations');
  });

  it('fits a terminal of eighty columns', () => {
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('has one column of metrics without validation', () => {
    const alone = { ...summary, validationMetrics: undefined };
    expect(describeFit(alone)).toMatch(/^total R2 +0\.412346$/m);
    expect(describeFit(alone)).not.toContain('validation');
  });
});
