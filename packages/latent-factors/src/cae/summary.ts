import { isNonFinite, type CrossSectionBatch, type HistoryEntry, type StopReason } from '@ml4t/core';
import type { CAEConfig } from './config.ts';
import type { CAEMember } from './members.ts';
import type { TrainingRows } from './rows.ts';

/** The worst of the members' reasons: what is not finite, then what ran out of epochs. */
export function stopReasonOf(trained: readonly CAEMember[]): StopReason {
  const found = trained.map(({ stopReason }) => stopReason);
  return found.find(isNonFinite) ?? (found.includes('max-epochs') ? 'max-epochs' : 'early-stopping');
}

/**
 * Mean losses per epoch over the members that were still training in it; `members` counts them. The loss includes the penalty,
 * the validation loss does not; both are in units of unit-variance returns, or nats in a classification.
 */
export function historyOf(trained: readonly CAEMember[]): HistoryEntry[] {
  const epochs = Math.max(...trained.map(({ history }) => history.length));
  return Array.from({ length: epochs }, (_, at) => {
    const running = trained.flatMap(({ history }) => history.slice(at, at + 1));
    const mean = (value: (entry: (typeof running)[number]) => number): number =>
      running.reduce((sum, entry) => sum + value(entry), 0) / running.length;
    const validated = running.every(({ validation }) => Number.isFinite(validation));
    return {
      epoch: at + 1,
      members: running.length,
      loss: mean(({ loss }) => loss),
      ...(validated ? { validationLoss: mean(({ validation }) => validation ?? Number.NaN) } : {}),
      learningRate: running[0].learningRate,
      gradientNorm: mean(({ gradientNorm }) => gradientNorm),
    };
  });
}

/** What a careful user should know about a fit. */
export function notesOf(
  config: CAEConfig,
  trained: readonly CAEMember[],
  { batch, rows: training }: { readonly batch: CrossSectionBatch; readonly rows: TrainingRows },
  checkpoints: readonly string[],
): string[] {
  const notes: string[] = [];
  if (training.nRows < batch.nRows)
    notes.push(`${batch.nRows - training.nRows} rows with a missing characteristic or return took no part.`);
  if (training.nDates < batch.nDates)
    notes.push(`${batch.nDates - training.nDates} dates without enough complete rows took no part.`);
  const skipped = trained.reduce((sum, { skippedSteps }) => sum + skippedSteps, 0);
  if (skipped > 0) notes.push(`${skipped} steps without a finite gradient were left out.`);
  const asked = config.defaultCheckpoint;
  const wanted = typeof asked === 'number' ? `epoch-${asked}` : asked;
  if (wanted !== null && !checkpoints.includes(wanted))
    notes.push(`There is no checkpoint ${wanted}: not every member has it. The default is another one.`);
  const degenerate = trained.filter(({ degenerate: epochs, bestEpoch, lastEpoch }) =>
    epochs.includes(bestEpoch ?? lastEpoch),
  ).length;
  if (degenerate > 0)
    notes.push(
      `${degenerate} members use fewer than ${config.nFactors} factors: their coordinates are not identified, their fit is. ` +
        'Lower lambdaL1 or nFactors.',
    );
  let largest = 0;
  const { values, width } = training.panel;
  for (const row of training.panelRows)
    for (let i = row * width; i < (row + 1) * width; i++) largest = Math.max(largest, Math.abs(values[i]));
  if (largest > 20)
    notes.push(`Characteristics go up to ${largest.toPrecision(3)}: rank-normalise them, or training will be slow.`);
  for (const { remedy } of trained) if (remedy !== '') notes.push(remedy);
  return [...new Set(notes)];
}
