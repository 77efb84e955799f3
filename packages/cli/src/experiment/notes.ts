import type { StoredReport } from './summary.ts';

/** What the reports of models note, each once: `ipca, pca: the long-short portfolio …`. */
export function scoreNotes(
  models: readonly { readonly model: string; readonly scores?: StoredReport | undefined }[],
): string[] {
  const labels = new Map<string, string[]>();
  for (const { model, scores } of models)
    for (const note of scores?.notes ?? []) labels.set(note, [...(labels.get(note) ?? []), model]);
  return [...labels].map(
    ([note, named]) =>
      `${named.length === models.length && named.length > 1 ? 'all models' : named.join(', ')}: ${note}`,
  );
}
