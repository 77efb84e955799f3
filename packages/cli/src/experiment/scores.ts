import { factorModelReport, type CrossSectionBatch, type FactorModelReport } from '@ml4t/core';
import type { FoldFactors } from '@ml4t/core/authoring';
import type { Evaluation } from './schema.ts';
import type { ExperimentFold, OutOfSample } from './record.ts';

/** The report on out-of-sample predictions, over the rows of all test dates; `folds` add the factors' own figures. */
export function scoreForecasts(
  panel: CrossSectionBatch,
  { span, columns, foldOfRow }: OutOfSample,
  evaluation: Evaluation,
  folds: readonly ExperimentFold[] = [],
): FactorModelReport {
  const factors = folds.map(foldFactors);
  const complete = factors.filter((each) => each !== undefined);
  return factorModelReport(
    {
      // The same rows as the predictions, with the returns that followed.
      panel: panel.slice(span.from, span.to),
      forecast: columns.forecast,
      fitted: columns.fitted,
      foldOfRow,
      ...(complete.length > 0 && complete.length === factors.length ? { folds: complete } : {}),
    },
    evaluation,
  );
}

/** The factor returns of a fold, in its own coordinates; undefined for models without factors. */
function foldFactors({ prediction }: ExperimentFold): FoldFactors | undefined {
  const { factors, trainingFactors } = prediction;
  if (!factors || !trainingFactors) return undefined;
  const { forecast, nMembers, realised } = factors;
  return { nFactors: forecast.nFactors, nMembers, training: trainingFactors, realised };
}
