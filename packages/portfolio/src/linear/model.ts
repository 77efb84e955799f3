import {
  PortfolioWeightsResult,
  type FitOptions,
  type PortfolioModel,
  type PortfolioSequenceBatch,
  type StopReason,
} from '@ml4t/core';
import {
  FittedModel,
  configNotes,
  exceedsRounding,
  requireFitArguments,
  requirePredictArguments,
  throwIfAborted,
} from '@ml4t/core/authoring';
import { loadArtifact, type ArtifactSource } from '@ml4t/core/persist';
import { chooseCheckpoint, requireCheckpoint, withEngine } from '@ml4t/core/ensemble';
import type { PortfolioConfig } from '../config.ts';
import { holdingsOf } from '../objective/index.ts';
import {
  fitDimensions,
  requireApplicable,
  requireTrainable,
  type PortfolioPredictOptions,
} from '../training/fitted.ts';
import { annualized } from '../training/annualization.ts';
import { holdOut } from '../training/holdout.ts';
import { judgeWeights, type Judgement } from '../training/judge.ts';
import { conventionsOf } from '../training/loss.ts';
import { inputScale, networkSizes } from '../training/windows.ts';
import { packageVersion } from '../version.ts';
import { fromArtifact, toArtifact } from './artifact.ts';
import { parseLinearPortfolioConfig, type LinearPortfolioConfig, type LinearPortfolioConfigInput } from './config.ts';
import { linearNetwork } from './network.ts';
import { ridgeRegression, type LinearScores } from './ridge.ts';
import { trainScores, type TrainedScores } from './train-scores.ts';
import { linearScores, linearWeights } from './weights.ts';
import type { LinearFitSummary, LinearFit } from './fitted.ts';

/**
 * Weights from a linear score of each asset's features, `s_{t,i} = a + b'x_{t,i}`, that a head makes weights of.
 *
 * b starts as a pooled ridge regression of forward returns, scaled to scores of deviation 1, and is trained on the portfolio
 * objective: Sharpe ratio after turnover and costs. `estimator: 'ridge'` leaves it at the regression. The checkpoint `ridge` is
 * always there, and is the default where no step of training was better on the validation windows.
 *
 * Weights of a date depend on the features of that date alone. All arithmetic of `predict` is in float64.
 *
 * Source: for the objective Brandt, Santa-Clara and Valkanov (2009), Review of Financial Studies 22: weights linear in characteristics,
 * estimated by what they earn.
 *
 * @example
 * const model = new LinearFeaturePortfolioModel({ gammaCost: 1 });
 * const summary = await model.fit(train, { validation });
 * const { weights } = await model.predict(test);
 */
export class LinearFeaturePortfolioModel extends FittedModel<LinearFit> implements PortfolioModel {
  readonly modelType = 'linear-portfolio';
  readonly config: LinearPortfolioConfig;
  protected readonly packageVersion = packageVersion();
  protected override readonly batchKind = 'portfolio-sequence';

  /** Throws ConfigError when a field is unknown or out of range, or two of them contradict each other. */
  constructor(config: LinearPortfolioConfigInput = {}) {
    super();
    this.config = parseLinearPortfolioConfig(config);
  }

  /**
   * Coefficients of the features as they are in a batch, and the intercept. Of 'ridge' in units of returns: what the regression
   * forecasts. Of a trained checkpoint in units of its scores.
   */
  coefficients(checkpoint?: string): { readonly intercept: number; readonly coefficients: Float64Array } {
    const fit = this.requireFit('coefficients');
    const name = requireCheckpoint(checkpoint ?? fit.summary.defaultCheckpoint, fit.summary.checkpoints);
    const { coefficients, intercept } = fit.checkpoints[name];
    const unit = name === 'ridge' ? fit.scoreScale : 1;
    const own = coefficients.map((b, j) => (unit * b) / fit.scale.deviation[j]);
    return { coefficients: own, intercept: own.reduce((a, b, j) => a - b * fit.scale.mean[j], unit * intercept) };
  }

  /**
   * Runs the regression, then trains unless `estimator` is 'ridge'. Without a validation batch training holds out the last
   * `validationShare` of the windows. Throws DataError, ConfigError, NotIdentifiedError, AbortedError; an earlier fit stays then.
   */
  async fit(
    batch: PortfolioSequenceBatch,
    options: FitOptions<PortfolioSequenceBatch, 'training'> = {},
  ): Promise<LinearFitSummary> {
    const started = performance.now();
    requireFitArguments(batch, options, { operation: 'LinearFeaturePortfolioModel.fit', kind: 'portfolio-sequence' });
    const { config } = this;
    const { config: portfolio, notes: annualNotes } = annualized(this.#portfolio, batch);
    requireTrainable(batch, options, config);
    const network = linearNetwork(config);
    const trains = config.estimator === 'portfolio-objective';
    const { train, validation, note } =
      options.validation || !trains
        ? { train: batch, validation: options.validation, note: [] }
        : holdOut(batch, config.validationShare);
    const scale = inputScale(train, config.inputScaling === 'standardize');
    const ridge = ridgeRegression(train, scale, config);
    // Forecasts that differ by no more than returns are rounded are no forecasts: no scale makes them any.
    const scoreScale = exceedsRounding(ridge.deviation, 1) ? ridge.deviation : 1;
    const start: LinearScores = {
      coefficients: ridge.coefficients.map((b) => b / scoreScale),
      intercept: ridge.intercept / scoreScale,
    };
    const judge = async (on: PortfolioSequenceBatch, scores: LinearScores): Promise<Judgement> =>
      judgeWeights(on, await linearWeights(on, linearScores(on, scale, scores), config), portfolio);

    const fitted = async (training: TrainedScores | undefined, engine: string): Promise<LinearFit> => {
      const checkpoints: Readonly<Record<string, LinearScores>> = { ...training?.checkpoints, ridge: start };
      const { checkpoint, notes } = training
        ? await this.#default(checkpoints, async (scores) => validation && (await judge(validation, scores)).sharpe)
        : { checkpoint: 'ridge', notes: [] };
      const stopReason: StopReason = training?.stopReason ?? 'closed-form';
      const { modelType } = this;
      const summary: LinearFitSummary = {
        converged: stopReason === 'early-stopping' || stopReason === 'closed-form',
        stopReason,
        iterations: training?.steps ?? 0,
        trainMetrics: {
          ...(await judge(train, checkpoints[checkpoint])),
          ridgeRmse: ridge.rmse,
          ridgeObservations: ridge.observations,
        },
        validationMetrics: validation && { ...(await judge(validation, checkpoints[checkpoint])) },
        defaultCheckpoint: checkpoint,
        checkpoints: Object.keys(checkpoints),
        history: training?.history ?? [],
        notes: [...configNotes(config), ...note, ...annualNotes, ...(training?.notes ?? []), ...notes],
        runRecord: {
          modelType,
          packageVersion: this.packageVersion,
          config,
          engine,
          dimensions: fitDimensions(batch, train, validation),
          stopReason,
          seconds: (performance.now() - started) / 1000,
        },
      };
      const { featureNames, volScale } = batch;
      const volatilityScaled = volScale !== undefined;
      return { featureNames: [...featureNames], volatilityScaled, scale, scoreScale, checkpoints, summary };
    };
    const training = { config: portfolio, network, scale, train, validation, start };
    this.restore(
      trains
        ? await withEngine(config, network.parameters(networkSizes(train)), async (engine, { backend }) =>
            fitted(await trainScores({ engine, ...training }, options), backend),
          )
        : await fitted(undefined, 'float64'),
    );
    return this.fitSummary;
  }

  /**
   * Holdings (B x T x N), 0 where the mask is false.
   * Throws NotFittedError, DataError when the features are not those of the fit, ConfigError for an unknown checkpoint,
   * InfeasibleError where the assets of a date cannot carry the net exposure under `maxAbsWeight`.
   */
  async predict(batch: PortfolioSequenceBatch, options: PortfolioPredictOptions = {}): Promise<PortfolioWeightsResult> {
    const fit = this.requireFit('predict');
    requirePredictArguments(batch, options, {
      operation: 'LinearFeaturePortfolioModel.predict',
      kind: 'portfolio-sequence',
    });
    throwIfAborted(options.signal, 'LinearFeaturePortfolioModel.predict');
    requireApplicable(batch, fit, this.config);
    const checkpoint = requireCheckpoint(options.checkpoint ?? fit.summary.defaultCheckpoint, fit.summary.checkpoints);
    const scores = linearScores(batch, fit.scale, fit.checkpoints[checkpoint]);
    const weights = await linearWeights(batch, scores, this.config);
    return new PortfolioWeightsResult(batch, holdingsOf(batch, weights, conventionsOf(this.#portfolio)), checkpoint);
  }

  /** Reads an artifact that `save` wrote. Throws ArtifactError when it is missing, damaged or of another model. */
  static async load(source: ArtifactSource): Promise<LinearFeaturePortfolioModel> {
    const artifact = await loadArtifact(source, { modelType: 'linear-portfolio' });
    const model = new LinearFeaturePortfolioModel(parseLinearPortfolioConfig(artifact.config));
    model.restore(fromArtifact(artifact));
    return model;
  }

  protected override contentOf(fit: LinearFit): ReturnType<typeof toArtifact> {
    return toArtifact(fit);
  }

  /** The checkpoint configured; else the best step by validation, unless the regression was better still; else the last step. */
  async #default(
    checkpoints: Readonly<Record<string, LinearScores>>,
    sharpe: (scores: LinearScores) => Promise<number | undefined>,
  ): Promise<{ readonly checkpoint: string; readonly notes: readonly string[] }> {
    const { defaultCheckpoint } = this.config;
    const kept = Object.keys(checkpoints);
    const { checkpoint = 'ridge', notes } = chooseCheckpoint(defaultCheckpoint, kept, 'step');
    const chosen = { checkpoint, notes };
    if (defaultCheckpoint !== null) return chosen;
    const [trained, ridge] = [await sharpe(checkpoints[chosen.checkpoint]), await sharpe(checkpoints.ridge)];
    if (trained === undefined || ridge === undefined || trained >= ridge) return chosen;
    return {
      checkpoint: 'ridge',
      notes: ['No step of training was better than the regression on the validation windows.'],
    };
  }

  /** What the training and the conventions look at: a model of one member. */
  get #portfolio(): PortfolioConfig {
    return { ...this.config, ensembleSize: 1 };
  }
}
