import {
  ArtifactError,
  ConfigError,
  LatentFactorPrediction,
  LatentFactorState,
  NotFittedError,
  type CrossSectionBatch,
  type ExtractOptions,
  type FactorForecaster,
  type FactorMapper,
  type FitOptions,
  type FitSummary,
  type LatentFactorModel,
} from '@ml4t/core';
import { overlapNotes, type ReturnTiming } from '@ml4t/core/authoring';
import {
  buildPart,
  findNamed,
  loadPipeline,
  readSaved,
  savePart,
  savePipeline,
  type LoadableModel,
  type NamedPart,
} from '@ml4t/core/persist';
import * as z from 'zod';
import { ExpandingMeanFactorForecaster } from './forecasters/expanding-mean.ts';
import type { FactorReturnSeries } from './ipca/given-factors.ts';
import { BetaLambdaMapper } from './mappers/beta-lambda.ts';
import { forecasterRegistry, mapperRegistry, modelRegistry } from './registry.ts';
import {
  historyOfStates,
  savedFormOf,
  savedHistoriesIn,
  stateOfHistory,
  trainingFactorReturns,
  type TrainingHistory,
} from './training-history.ts';
import { packageVersion } from './version.ts';

/** Classes (or registrations) beside those of this package that a saved pipeline may have parts of. */
export interface ForecastPipelineClasses {
  /** With static `modelType` and `load`. */
  readonly models?: readonly LoadableModel[];
  /** With static `forecasterType` and `create`. */
  readonly forecasters?: readonly NamedPart<'forecasterType', FactorForecaster>[];
  /** With static `mapperType` and `create`. */
  readonly mappers?: readonly NamedPart<'mapperType', FactorMapper>[];
}

/** Observable factors, of models that take some: {@link IPCAModel}. */
export interface PreSpecifiedFactors {
  readonly preSpecifiedFactors?: FactorReturnSeries | undefined;
}

const format = { pipelineType: 'latent-factor-forecast-pipeline', formatVersion: 2 } as const;
const savedConfig = z.strictObject({ forecaster: z.unknown(), mapper: z.unknown() });

/**
 * A structural model, a forecaster of its factors' premia, and a mapper from both to expected returns, as one object.
 *
 * `fit` estimates the model and keeps the factor returns of the training and validation dates, at every checkpoint of the model, for
 * the forecaster; the batches themselves are not kept. `predict` extracts exposures, forecasts premia from what was realised before each date,
 * and maps them. Asked for a checkpoint, it estimates the premia on that checkpoint's own factors: coordinates are not
 * comparable between checkpoints. `save` and `load` take all of it, the model included, through one file.
 *
 * @example
 * const pipeline = new LatentFactorForecastPipeline({ model: new IPCAModel({ nFactors: 3 }) });
 * await pipeline.fit(train);
 * await pipeline.save('ipca.pipeline');
 * // In another process:
 * const served = await LatentFactorForecastPipeline.load('ipca.pipeline');
 * const { assetForecast } = await served.predict(test);
 */
export class LatentFactorForecastPipeline<Batch> {
  readonly model: LatentFactorModel<Batch>;
  readonly forecaster: FactorForecaster;
  readonly mapper: FactorMapper;
  /** Of every checkpoint, the default one first. */
  #histories: readonly TrainingHistory[] | undefined;
  /** As the last fit was given them; not saved. */
  #preSpecified: PreSpecifiedFactors = {};

  constructor(parts: {
    readonly model: LatentFactorModel<Batch>;
    /** An expanding mean where absent. */
    readonly forecaster?: FactorForecaster;
    /** beta x lambda where absent. */
    readonly mapper?: FactorMapper;
  }) {
    this.model = parts.model;
    this.forecaster = parts.forecaster ?? new ExpandingMeanFactorForecaster();
    this.mapper = parts.mapper ?? new BetaLambdaMapper();
  }

  get isFitted(): boolean {
    return this.#histories !== undefined;
  }

  /**
   * Fits the model (validation, signal and progress are passed through), then the forecaster on the factors of the training and
   * validation dates: both are realised by the dates to be forecast.
   */
  async fit(batch: Batch, options: FitOptions<Batch> & PreSpecifiedFactors = {}): Promise<FitSummary> {
    const summary = await this.model.fit(batch, options);
    // Histories of the earlier fit are in coordinates that the model has no longer.
    this.#histories = undefined;
    await this.fitForecaster(batch, options.validation, options);
    const odd = overlapNotes(batch as object);
    return odd.length === 0 ? summary : { ...summary, notes: [...summary.notes, ...odd] };
  }

  /**
   * Fits the forecaster alone, on the batches that the model was fitted and validated on: for a model that was loaded, or combined of
   * members. Factors of the validation dates are extracted, as those of any later date. Pre-specified factors are those of the model's fit.
   */
  async fitForecaster(batch: Batch, validation?: Batch, options: PreSpecifiedFactors = {}): Promise<void> {
    const { model } = this;
    const given = onlyPreSpecified(options);
    const training = await model.extract(batch, given);
    const later = validation && (await model.extract(validation, given));
    const timing = timingOf(batch);
    const others = (model.checkpoints ?? []).filter((checkpoint) => checkpoint !== training.checkpoint);
    const histories = [historyOfStates(training, later, timing ?? training.timing)];
    if (model.factorReturnsAt) {
      const own = await model.factorReturnsAt(batch, others);
      const laterOnes = validation && (await model.factorReturnsAt(validation, others));
      others.forEach((checkpoint, at) =>
        histories.push(
          historyOfStates(
            withFactorReturns(training, own[at], checkpoint),
            later && laterOnes && withFactorReturns(later, laterOnes[at], checkpoint),
            timing ?? training.timing,
          ),
        ),
      );
    } else
      for (const checkpoint of others) {
        const own = await model.extract(batch, { ...given, checkpoint });
        const laterOne = validation && (await model.extract(validation, { ...given, checkpoint }));
        histories.push(historyOfStates(own, laterOne, timing ?? own.timing));
      }
    this.forecaster.fit(stateOfHistory(histories[0]));
    this.#histories = histories;
    this.#preSpecified = given;
  }

  /**
   * Exposures, premia and expected returns for every row of the batch, all of one checkpoint. Throws NotFittedError, ConfigError for
   * a checkpoint that the model does not have or does not list, and as the parts do.
   *
   * Pre-specified factors are those of the fit, or those passed, on the dates of the batch that they have: `fit` may be given the whole
   * series at once, of which a premium uses what is realised. A loaded pipeline has to be passed them, or forecasts from the history alone.
   */
  async predict(batch: Batch, options: ExtractOptions & PreSpecifiedFactors = {}): Promise<LatentFactorPrediction> {
    this.#requireHistories('predict');
    const state = withTiming(await this.model.extract(batch, { ...this.#preSpecified, ...options }), timingOf(batch));
    const history = this.#historyOf(state.checkpoint);
    // Each time: it may hold another checkpoint's history, or serve another pipeline too.
    this.forecaster.fit(stateOfHistory(history));
    const factorForecast = this.forecaster.predict(state);
    const assetForecast = this.mapper.predict(state, factorForecast);
    return new LatentFactorPrediction(state, factorForecast, assetForecast, trainingFactorReturns(history));
  }

  /**
   * Writes the model's artifact, the configurations of all parts and the factor returns of the fit's dates at every checkpoint (not its
   * batches) as one artifact, atomically. A forecaster is built again from `config` and fitted on those factor returns, a
   * mapper from `config`, so that nothing else of them has to be kept.
   *
   * Throws NotFittedError; DataError, before anything is written, for a part that has no name, the name of another class or a
   * configuration that JSON cannot hold; OutputError.
   */
  async save(path: string): Promise<void> {
    const histories = this.#requireHistories('save');
    const { model, forecaster, mapper } = this;
    savePart('model', 'modelType', model, modelRegistry);
    const parts = {
      forecaster: savePart('forecaster', 'forecasterType', forecaster, forecasterRegistry),
      mapper: savePart('mapper', 'mapperType', mapper, mapperRegistry),
    };
    await savePipeline(path, {
      ...format,
      packageVersion: packageVersion(),
      model,
      parts,
      ...savedFormOf(histories),
    });
  }

  /**
   * Reads a pipeline that `save` wrote: `predict` gives the same bits, at every checkpoint. Classes are found by name among those of this
   * package and those passed; no code is in the file. The model decides which batches it takes:
   * `LatentFactorForecastPipeline.load<PersistentPanelBatch>(path)` for PCA.
   *
   * Throws ArtifactError when the file is missing, damaged, of something else, from a later version, or names a class that is not known.
   */
  static async load<Batch = CrossSectionBatch>(
    path: string,
    classes: ForecastPipelineClasses = {},
  ): Promise<LatentFactorForecastPipeline<Batch>> {
    const artifact = await loadPipeline(path, format);
    const { models = [], forecasters = [], mappers = [] } = classes;
    const config = readSaved(`${path}: config`, artifact.config, savedConfig);
    const field = (part: string): string => `${path}: config.${part}`;
    const known = [...forecasterRegistry, ...forecasters];
    const saved = artifact.formatVersion < 2 ? withoutDefaultLag(config.forecaster) : config.forecaster;
    const forecaster = buildPart(field('forecaster'), 'forecasterType', saved, known, 'forecasters');
    const mapper = buildPart(field('mapper'), 'mapperType', config.mapper, [...mapperRegistry, ...mappers], 'mappers');
    const histories = savedHistoriesIn(artifact);
    const { modelType } = artifact.model;
    const found = findNamed(field('model'), 'modelType', modelType, [...modelRegistry, ...models], 'models');
    const model = await found.load(artifact.model);
    if (!('extract' in model))
      throw new ArtifactError({
        field: field('model'),
        expected: 'a latent factor model',
        found: `${modelType}, which has no \`extract\``,
        remedy: 'Pass the class of the model that was saved.',
      });
    const pipeline = new LatentFactorForecastPipeline({
      // Which batches a model takes is not known of a file: the caller says it by the type argument.
      model: model as unknown as LatentFactorModel<Batch>,
      forecaster,
      mapper,
    });
    forecaster.fit(stateOfHistory(histories[0]));
    pipeline.#histories = histories;
    return pipeline;
  }

  #requireHistories(operation: string): readonly TrainingHistory[] {
    if (this.#histories === undefined) throw new NotFittedError('LatentFactorForecastPipeline', operation);
    return this.#histories;
  }

  #historyOf(checkpoint: string | undefined): TrainingHistory {
    const histories = this.#requireHistories('predict');
    const found = histories.find((history) => history.checkpoint === checkpoint);
    if (found) return found;
    throw new ConfigError({
      field: 'checkpoint',
      expected: `one of ${histories.map((history) => history.checkpoint ?? '(none)').join(', ')}`,
      found: checkpoint ?? '(none)',
      remedy: 'Have the model list all that `extract` accepts as `checkpoints`.',
    });
  }
}

/**
 * A forecaster as format 1 saved it, which spelled its default lag of one date out: nobody had stated it, and returns over several
 * dates ask for more.
 */
function withoutDefaultLag(saved: unknown): unknown {
  const part = saved as { readonly config?: { readonly realisationLag?: unknown } } | null;
  if (part?.config?.realisationLag !== 1) return saved;
  return { ...part, config: { ...part.config, realisationLag: undefined } };
}

/** The series alone, for models that know no other options. */
function onlyPreSpecified({ preSpecifiedFactors }: PreSpecifiedFactors): ExtractOptions & PreSpecifiedFactors {
  return preSpecifiedFactors ? { preSpecifiedFactors } : {};
}

/** What a batch says of its returns; undefined for one of another kind. */
function timingOf(batch: unknown): ReturnTiming | undefined {
  const { returnHorizon, realisationLag } = batch as Partial<ReturnTiming>;
  return returnHorizon === undefined || realisationLag === undefined ? undefined : { returnHorizon, realisationLag };
}

/** The state of a model that does not pass the timing of its batch on, with it. */
function withTiming(state: LatentFactorState, timing: ReturnTiming | undefined): LatentFactorState {
  return state.timing || !timing ? state : new LatentFactorState({ ...state, timing });
}

/** The same dates at another checkpoint, without rows. */
function withFactorReturns(
  state: LatentFactorState,
  factorReturns: Float64Array,
  checkpoint: string,
): LatentFactorState {
  return new LatentFactorState({ ...state, factorReturns, checkpoint });
}
