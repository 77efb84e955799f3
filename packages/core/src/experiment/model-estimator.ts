import { ConfigError } from '../errors.ts';
import type { EnsembleEstimator, Estimator, ExtractOptions, FitOptions, TrainedMember } from '../models/interfaces.ts';
import type { FitSummary } from '../results/fit-summary.ts';
import type { ExperimentBatch, ExperimentEstimator, ExperimentPrediction, ParsedConfigs } from './family.ts';

/** Training and validation data in the form that a model takes. */
export interface ModelData<Batch> {
  readonly batch: Batch;
  readonly validation: Batch | undefined;
}

/**
 * A model of a family as an experiment sees it: fitted from nothing, or from members that were trained apart. A family says how
 * its data are made of an experiment's, what else it learns from the training dates, and how its predictions become columns.
 */
export abstract class ModelEstimator<Batch, Model extends Estimator<Batch>> implements ExperimentEstimator {
  protected readonly model: Model;

  constructor(model: Model) {
    this.model = model;
  }

  get configs(): ParsedConfigs {
    return { model: this.model.config };
  }

  abstract predict(batch: ExperimentBatch, options?: ExtractOptions): Promise<ExperimentPrediction>;

  protected abstract dataOf(batch: ExperimentBatch, validation: ExperimentBatch | undefined): ModelData<Batch>;

  /** What the model's `fit` takes beside the options of every model. */
  protected ownOptions(): object {
    return {};
  }

  /** Called when the model is fitted, with the data as the experiment has them. */
  protected fitted?(batch: ExperimentBatch, validation: ExperimentBatch | undefined): Promise<void>;

  fit(batch: ExperimentBatch, options: FitOptions<ExperimentBatch> = {}): Promise<FitSummary> {
    return this.#fit(batch, options, (data, own) => this.model.fit(data, own));
  }

  combineMembers(
    batch: ExperimentBatch,
    members: readonly TrainedMember[],
    options: FitOptions<ExperimentBatch> = {},
  ): Promise<FitSummary> {
    return this.#fit(batch, options, (data, own) => this.#ensemble().combineMembers(data, members, own));
  }

  async fitMember(
    batch: ExperimentBatch,
    member: number,
    { validation, ...run }: FitOptions<ExperimentBatch> = {},
  ): Promise<TrainedMember> {
    const data = this.dataOf(batch, validation);
    return this.#ensemble().fitMember(data.batch, member, { ...run, validation: data.validation });
  }

  async #fit(
    batch: ExperimentBatch,
    { validation, ...run }: FitOptions<ExperimentBatch>,
    fit: (batch: Batch, options: FitOptions<Batch>) => Promise<FitSummary>,
  ): Promise<FitSummary> {
    const data = this.dataOf(batch, validation);
    const summary = await fit(data.batch, { ...run, ...this.ownOptions(), validation: data.validation });
    await this.fitted?.(batch, validation);
    return summary;
  }

  /** The registration says which models are ensembles, so that members are asked of those alone. */
  #ensemble(): EnsembleEstimator<Batch> {
    const { model } = this;
    if ('fitMember' in model && 'combineMembers' in model) return model as Model & EnsembleEstimator<Batch>;
    throw new ConfigError({
      field: 'model',
      expected: 'an ensemble',
      found: this.model.modelType,
      remedy: 'Register ensembleSize for models that train members alone.',
    });
  }
}
