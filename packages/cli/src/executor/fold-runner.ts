import { PersistentPanelBatch, runFold, throwIfAborted, type CrossSectionBatch } from '@ml4t/core';
import type { ExperimentBatch, ExperimentEstimator, ExperimentPrediction, FamilyPackage } from '../families/family.ts';
import { familyOf } from '../families/packages.ts';
import { exposureCorrelations } from '../experiment/exposures.ts';
import type { ExposureTable, FoldOutcome, FoldTask } from '../experiment/fold-task.ts';
import { characteristicImportance } from '../experiment/importance.ts';
import type { TaskHooks } from './executor.ts';

/** Does tasks on one panel, one after the other: what every executor has at its core. */
export class FoldRunner {
  private readonly panel: CrossSectionBatch;
  private readonly packages: readonly FamilyPackage[] | undefined;
  private persistent: PersistentPanelBatch | undefined;

  constructor(panel: CrossSectionBatch, packages?: readonly FamilyPackage[]) {
    this.panel = panel;
    this.packages = packages;
  }

  async run(task: FoldTask, { signal, onProgress }: TaskHooks): Promise<FoldOutcome[]> {
    const family = await familyOf(task.model.type, 'model.type', this.packages);
    const batch = this.batch(task.batchKind);
    const outcomes: FoldOutcome[] = [];
    let estimator: ExperimentEstimator | undefined;
    for (const { fold, split } of task.folds) {
      throwIfAborted(signal, 'ml4t run');
      // Several folds in one task are a model that is refitted; any other starts from nothing.
      estimator ??= family.createEstimator(task.model, task.forecaster);
      const { summary, prediction, seconds } = await runFold<
        ExperimentBatch,
        ExperimentPrediction,
        ExperimentEstimator
      >(
        {
          batch,
          splits: [split],
          columns: ({ columns }) => columns,
          signal,
          onProgress: (progress) => onProgress?.({ ...progress, phase: progress.phase.replace('fold 1 of 1: ', '') }),
        },
        estimator,
        0,
      );
      const examined =
        fold === task.examine?.fold
          ? await this.examine(task, estimator, batch, split.test, prediction, onProgress)
          : {};
      outcomes.push({ fold, split, summary, prediction, seconds, ...examined });
    }
    return outcomes;
  }

  /** What the report shows of the model behind a prediction. */
  private async examine(
    { examine }: FoldTask,
    estimator: ExperimentEstimator,
    batch: ExperimentBatch,
    { from, to }: { readonly from: number; readonly to: number },
    { columns }: ExperimentPrediction,
    onProgress: TaskHooks['onProgress'],
  ): Promise<Pick<FoldOutcome, 'exposures' | 'importance'>> {
    const test = batch.slice(from, to);
    const exposures = (await estimator.exposures?.(test)) ?? describedBy(test, columns);
    if (test.kind !== 'cross-section' || !examine?.importance) return { exposures };
    const importance = await characteristicImportance(estimator, test, columns, (step, total) =>
      onProgress?.({ phase: 'importance of characteristics', step, total }),
    );
    return { exposures, importance };
  }

  /** The panel in the form that each kind of model takes, made once. */
  private batch(kind: FoldTask['batchKind']): ExperimentBatch {
    if (kind === 'cross-section') return this.panel;
    return (this.persistent ??= PersistentPanelBatch.fromCrossSection(this.panel));
  }
}

/** What a model without exposures has instead: its forecast, or its weights. */
function describedBy(
  batch: ExperimentBatch,
  { forecast, weight }: ExperimentPrediction['columns'],
): ExposureTable | undefined {
  const [values, name] = weight ? [weight, 'weight'] : [forecast, 'forecast'];
  return batch.kind === 'cross-section' ? exposureCorrelations(batch, values, [name]) : undefined;
}
