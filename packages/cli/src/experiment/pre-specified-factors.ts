import { ConfigError, type CrossSectionBatch } from '@ml4t/core';
import type { ReturnTiming } from '@ml4t/core/authoring';
import type { PreSpecifiedSeries } from '@ml4t/core/experiment';
import type { ModelRun } from './model-runs.ts';
import type { Experiment } from './schema.ts';

type Settings = Experiment['data']['preSpecifiedFactors'];

/**
 * The panel as models see it: returns of observable factors travel with it as series of its dates, and are no context of any model.
 */
export function withoutFactorColumns(panel: CrossSectionBatch, factors: Settings): CrossSectionBatch {
  if (!factors) return panel;
  const kept = panel.contextNames.flatMap((name, q) => (factors.columns.includes(name) ? [] : [q]));
  const { contextFeatures, contextNames, nDates, nContext } = panel;
  const values = new Float64Array(nDates * kept.length);
  kept.forEach((q, column) => {
    for (let t = 0; t < nDates; t++)
      values[t * kept.length + column] = contextFeatures?.[t * nContext + q] ?? Number.NaN;
  });
  return panel.withContext(
    kept.map((q) => contextNames[q]),
    values,
  );
}

/**
 * The returns of some factors on the dates of the panel, dated as its returns are: earned after the date. A column with lag k holds the
 * return that ends at its date, so that date t has what the column says k dates later; NaN on the last k.
 */
export function factorSeries(
  panel: CrossSectionBatch,
  factors: Settings,
  names: readonly string[] | undefined,
): PreSpecifiedSeries | undefined {
  if (!factors || !names) return undefined;
  const { contextFeatures, contextNames, nDates, nContext, timestamps } = panel;
  const columns = names.map((name) => contextNames.indexOf(name));
  const values = new Float64Array(nDates * names.length).fill(Number.NaN);
  for (let t = 0; t + factors.lag < nDates; t++)
    columns.forEach((q, j) => {
      values[t * names.length + j] = contextFeatures?.[(t + factors.lag) * nContext + q] ?? Number.NaN;
    });
  return { names, timestamps, values };
}

/** The timing of a panel whose factors are known as late as they are. */
export function timingWith({ returnHorizon, realisationLag }: ReturnTiming, factors: Settings): ReturnTiming {
  return { returnHorizon, realisationLag: Math.max(realisationLag, factors?.lag ?? 1) };
}

/** Throws ConfigError when a model names a factor that the data do not have. */
export function requireKnownFactors({ entry, model }: ModelRun, factors: Settings): void {
  const unknown = model.preSpecifiedFactors?.findIndex((name) => !factors?.columns.includes(name)) ?? -1;
  if (unknown < 0) return;
  throw new ConfigError({
    field: `experiment.models[${entry}].preSpecifiedFactors[${unknown}]`,
    expected: factors ? `one of ${factors.columns.join(', ')}` : 'a column of data.preSpecifiedFactors',
    found: JSON.stringify(model.preSpecifiedFactors?.[unknown]),
    remedy: 'Name it under data: preSpecifiedFactors: { columns: […], lag }.',
  });
}
