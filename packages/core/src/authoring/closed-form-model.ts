import { requireFitArguments } from '../models/arguments.ts';
import type { Estimator, FitOptions } from '../models/interfaces.ts';
import type { FitRunRecord, FitSummary, HistoryEntry, StopReason } from '../results/fit-summary.ts';
import { FittedModel, type ModelFit } from './fitted-model.ts';

/** What an estimation says of itself; the base class adds who made it, from what configuration, and how long it took. */
export interface EstimationReport<Summary extends FitSummary = FitSummary> {
  readonly stopReason: StopReason;
  /** 0 where absent. */
  readonly iterations?: number | undefined;
  readonly trainMetrics: Summary['trainMetrics'];
  readonly validationMetrics?: Summary['validationMetrics'];
  readonly history?: readonly HistoryEntry[] | undefined;
  readonly notes?: readonly string[] | undefined;
  /** What did the arithmetic. */
  readonly engine: string;
  readonly dimensions: FitRunRecord['dimensions'];
}

/** What was estimated, and what is to be said of it. */
export interface Estimation<Fit extends ModelFit> {
  readonly fit: Omit<Fit, 'summary'>;
  readonly report: EstimationReport<Fit['summary']>;
}

/**
 * An estimator without networks: a closed form, or iterations to a fixed point. All of it but the estimation itself, what an
 * artifact holds and what the model gives: a failed or aborted refit leaves the earlier fit as it was.
 */
export abstract class ClosedFormModel<Batch, Fit extends ModelFit, Phase extends string = string>
  extends FittedModel<Fit>
  implements Estimator<Batch, Phase>
{
  /** The estimation. May throw; must not change the model. */
  protected abstract estimate(
    batch: Batch,
    options: FitOptions<Batch, Phase>,
  ): Estimation<Fit> | Promise<Estimation<Fit>>;

  async fit(batch: Batch, options: FitOptions<Batch, Phase> = {}): Promise<Fit['summary']> {
    const started = performance.now();
    const { batchKind: kind, ownFitOptions: own } = this;
    requireFitArguments(batch, options, { operation: `${this.constructor.name}.fit`, kind, own });
    return this.keep(await this.estimate(batch, options), started);
  }

  /**
   * Takes an estimation as the model's fit, with a summary that says who made it and how long it took.
   * @param started by `performance.now()`
   */
  protected keep({ fit, report }: Estimation<Fit>, started: number): Fit['summary'] {
    const { modelType, packageVersion, config } = this;
    const { stopReason, iterations = 0, history = [], notes = [], engine, dimensions } = report;
    const summary: FitSummary = {
      converged: stopReason === 'closed-form' || stopReason === 'converged',
      stopReason,
      iterations,
      trainMetrics: report.trainMetrics,
      ...(report.validationMetrics === undefined ? {} : { validationMetrics: report.validationMetrics }),
      history,
      notes,
      runRecord: {
        modelType,
        packageVersion,
        config: config as FitRunRecord['config'],
        engine,
        dimensions,
        stopReason,
        seconds: (performance.now() - started) / 1000,
      },
    };
    // `Fit` is what `estimate` gives and its summary; TypeScript cannot put the two together again.
    this.restore({ ...fit, summary } as unknown as Fit);
    return this.fitSummary;
  }
}
