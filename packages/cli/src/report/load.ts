import type { ExperimentDiagnostics } from '../experiment/diagnostics.ts';
import type { ExperimentSummary } from '../experiment/summary.ts';

/** Makes the page of a finished run from what it wrote. */
export type RenderReport = (summary: ExperimentSummary, diagnostics: ExperimentDiagnostics) => string;

/** The report with its plotting library, which takes a moment to load: only when there is something to draw. */
export async function loadReport(): Promise<RenderReport> {
  const { renderReport } = await import('./page.ts');
  return renderReport;
}
