import {
  ConfigError,
  DataError,
  NotFittedError,
  isNonFinite,
  throwIfAborted,
  type AssetPredictionModel,
  type AssetSignalResult,
  type CrossSectionBatch,
  type ExtractOptions,
  type FitOptions,
  type FitSummary,
  type RunOptions,
  type StopReason,
} from '@ml4t/core';
import { resolveEngine, type Engine, type EngineChoice } from '@ml4t/core/engine';
import { trainEnsemble } from '@ml4t/core/train';
import { readArtifact, writeArtifact } from './artifact.ts';
import type { CalibrationTable } from './calibration.ts';
import { parseSAEConfig, type SAEConfig, type SAEConfigInput } from './config.ts';
import { buildDataset, inputScale, requireWeights, usableRows, type InputScale } from './dataset.ts';
import { holdOut, type LabelledBatch } from './holdout.ts';
import { trainMember, type Member, type TrainedMember, type Training } from './members.ts';
import { inTargetUnit, judge } from './metrics.ts';
import { saeParameters } from './network.ts';
import { predictBatch } from './predict.ts';
import { readTargets, targetScale, type SAETargets, type TargetScale } from './targets.ts';
import { packageVersion } from './version.ts';

export interface SAEFitOptions extends FitOptions<CrossSectionBatch> {
  /** What to predict instead of the batch's returns; required for multi-label. */
  readonly targets?: SAETargets | undefined;
  /** The same for the validation batch; required with it when `targets` are given. */
  readonly validationTargets?: SAETargets | undefined;
  /** Weight of each row in the losses of both heads (R), >= 0: the mean absolute response in the original. */
  readonly sampleWeights?: Float64Array | undefined;
}

export interface SAEPredictOptions extends ExtractOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface SAEFitSummary extends FitSummary {
  /** Checkpoints that `predict` can be asked for: 'best', 'last', 'epoch-n'. */
  readonly checkpoints: readonly string[];
  /** Predicted probability against frequency, per label, on the validation rows where there are any, else on the training rows. */
  readonly calibration: readonly CalibrationTable[];
}

/** What a fit leaves behind. */
export interface SAEFit {
  readonly characteristicNames: readonly string[];
  readonly targetNames: readonly string[];
  /** Whether the batch's own returns were the target. */
  readonly ownReturns: boolean;
  readonly inputs: InputScale;
  readonly targets: TargetScale;
  readonly members: readonly Member[];
  readonly summary: SAEFitSummary;
}

/**
 * Supervised autoencoder: a code that must rebuild the characteristics *and* help to predict, and a deep head on both.
 *
 * `L = w_r |x - decode(e)|^2 + w_a l(auxiliary(decode(e)), y) + w_m l(main(x, e), y)`, e the code of noisy, batch-normalised
 * characteristics; l is the squared error, the cross-entropy, or 1 - rank IC. The network is drawn in docs/models/sae.md.
 * Early stopping and the choice of the checkpoint look at the *main* loss on the validation dates alone.
 *
 * A row takes part in training when all its characteristics and a target are known; it is predicted when all its characteristics
 * are. A prediction uses its own row and nothing else (within an ensemble trained for rank IC: its own date).
 *
 * Source: the first-placed solution of the Jane Street Market Prediction competition (2021), and the supervised autoencoders of
 * Le, Patterson and White (2018), NeurIPS 31.
 *
 * @example
 * const model = new SAEModel({ ensembleSize: 3 });
 * const summary = await model.fit(train, { validation });
 * const { signals } = await model.predict(test);
 */
export class SAEModel implements AssetPredictionModel {
  readonly modelType = 'sae';
  readonly config: SAEConfig;
  #fit: SAEFit | undefined;

  /** Throws ConfigError when a field is unknown or out of range, or two of them contradict each other. */
  constructor(config: SAEConfigInput = {}) {
    this.config = parseSAEConfig(config);
  }

  get isFitted(): boolean {
    return this.#fit !== undefined;
  }
  get fitSummary(): SAEFitSummary {
    return this.#requireFit('fitSummary').summary;
  }
  /** Names of the columns of `predict` (C). */
  get targetNames(): readonly string[] {
    return this.#requireFit('targetNames').targetNames;
  }

  /**
   * Trains the ensemble. Without a validation batch the last `validationShare` of the dates are held out.
   * Throws DataError without targets or complete rows, ConfigError for contradictory options, AbortedError; in every case an
   * earlier fit stays.
   */
  async fit(batch: CrossSectionBatch, options: SAEFitOptions = {}): Promise<SAEFitSummary> {
    const started = performance.now();
    throwIfAborted(options.signal, 'SAEModel.fit');
    const { config } = this;
    const { train, validation, note } = this.#labelled(batch, options);
    const rows = usableRows(train.batch, train.targets, config);
    requireRows(rows.length, train.batch.nRows, 'batch');
    const inputs = inputScale(train.batch, rows, config);
    const targets = targetScale(train.targets, rows, config);
    const data = buildDataset(train.batch, rows, train.targets, targets, train.weights, config);
    const judged = validation && usableRows(validation.batch, validation.targets, config);
    if (judged && validation) requireRows(judged.length, validation.batch.nRows, 'validation');
    const specs = saeParameters(config, { inputs: batch.nCharacteristics, outputs: train.targets.names.length });
    const resolved = await this.#resolve(batch.nCharacteristics, train.targets.names.length);
    const { engine } = resolved;
    try {
      const training: Training = {
        engine,
        config,
        specs,
        scale: inputs,
        data,
        validation:
          judged &&
          validation &&
          buildDataset(validation.batch, judged, validation.targets, targets, validation.weights, config),
      };
      const members = await trainEnsemble(
        { members: config.ensembleSize, seed: config.seed, ...(options.signal ? { signal: options.signal } : {}) },
        (seed, number) => trainMember(training, seed, number, options),
      );
      const checkpoints = commonCheckpoints(members);
      const { checkpoint, notes } = chooseCheckpoint(config, checkpoints);
      const fit = {
        characteristicNames: [...batch.characteristicNames],
        targetNames: [...train.targets.names],
        ownReturns: options.targets === undefined,
        inputs,
        targets,
        members: members.map(({ checkpoints: named, snapshots }) => ({ checkpoints: named, snapshots })),
      };
      const predictor = this.#predictor(engine, fit);
      const judgeOn = async ({ batch: on, targets: truth }: LabelledBatch) =>
        judge(on.index, truth, await predictBatch(predictor, on, checkpoint, options), config);
      const onTrain = await judgeOn(train);
      const onValidation = validation && (await judgeOn(validation));
      const stopReason = overallReason(members);
      const summary: SAEFitSummary = {
        converged: stopReason === 'early-stopping',
        stopReason,
        iterations: Math.max(...members.map(({ epochs }) => epochs)),
        trainMetrics: onTrain.metrics,
        validationMetrics: onValidation?.metrics,
        defaultCheckpoint: checkpoint,
        checkpoints,
        calibration: (onValidation ?? onTrain).calibration,
        history: members.flatMap(({ history }) => history),
        notes: [...note, ...rowNotes(rows.length, train.batch.nRows), ...notes, ...memberNotes(members)],
        runRecord: {
          modelType: this.modelType,
          packageVersion: packageVersion(),
          config,
          engine: resolved.resolution.backend,
          dimensions: {
            dates: train.batch.nDates,
            rows: train.batch.nRows,
            rowsUsed: rows.length,
            validationRowsUsed: judged?.length ?? 0,
            characteristics: batch.nCharacteristics,
            targets: fit.targetNames.length,
            parameters: parameterCount(specs),
            engineBytes: engine.memory().reservedBytes,
          },
          stopReason,
          seconds: (performance.now() - started) / 1000,
        },
      };
      this.#fit = { ...fit, summary };
      return summary;
    } finally {
      await engine.dispose();
    }
  }

  /**
   * Signals (R x C) in the batch's row order, NaN where a characteristic is missing: expected returns, scores (scaled within
   * dates, trained for rank IC, or of targets given to `fit`) or probabilities.
   * Throws NotFittedError, DataError when the characteristics are not those of the fit, ConfigError for an unknown checkpoint.
   */
  async predict(batch: CrossSectionBatch, options: SAEPredictOptions = {}): Promise<AssetSignalResult> {
    const fit = this.#requireFit('predict');
    requireSameCharacteristics(batch, fit.characteristicNames);
    const { checkpoints, defaultCheckpoint = 'last' } = fit.summary;
    const checkpoint = options.checkpoint ?? defaultCheckpoint;
    if (!checkpoints.includes(checkpoint))
      throw new ConfigError({
        field: 'checkpoint',
        expected: `one of ${checkpoints.join(', ')}`,
        found: JSON.stringify(checkpoint),
        remedy: 'Ask for a kept checkpoint, or fit with a checkpointInterval or checkpointEpochs that keep it.',
      });
    const { engine } = await this.#resolve(fit.characteristicNames.length, fit.targetNames.length);
    try {
      const run: RunOptions = options.signal ? { signal: options.signal } : {};
      return await predictBatch(this.#predictor(engine, fit), batch, checkpoint, run);
    } finally {
      await engine.dispose();
    }
  }

  /** Writes configuration, scales, every checkpoint of every member and the fit summary as one artifact, atomically. */
  async save(path: string): Promise<void> {
    await writeArtifact(path, this.config, this.#requireFit('save'));
  }

  /** Reads an artifact that `save` wrote. Throws ArtifactError when it is missing, damaged or of another model. */
  static async load(path: string): Promise<SAEModel> {
    const { config, fit } = await readArtifact(path);
    const model = new SAEModel(config);
    model.#fit = fit;
    return model;
  }

  #requireFit(operation: string): SAEFit {
    if (!this.#fit) throw new NotFittedError('SAEModel', operation);
    return this.#fit;
  }

  /** Training and validation with their targets: as given, or the last dates held out. */
  #labelled(
    batch: CrossSectionBatch,
    options: SAEFitOptions,
  ): { readonly train: LabelledBatch; readonly validation: LabelledBatch | undefined; readonly note: string[] } {
    const { config } = this;
    const { validation, sampleWeights: weights } = options;
    requireWeights('sampleWeights', weights, batch.nRows);
    if (weights && config.objective === 'rank-ic')
      throw new ConfigError({
        field: 'sampleWeights',
        expected: 'none with the rank-IC objective, where every date counts the same',
        found: 'weights',
        remedy: "Use objective 'squared-error', or leave them out.",
      });
    const train = { batch, targets: readTargets(batch, options.targets, config, 'targets'), weights };
    if (!validation) {
      const parts = config.validationShare > 0 ? holdOut(train, config) : undefined;
      if (parts)
        return {
          ...parts,
          note: [`The last ${parts.validation.batch.nDates} of ${batch.nDates} dates were held out for validation.`],
        };
      return { train, validation: undefined, note: ['No validation: training ran for nEpochs.'] };
    }
    requireSameCharacteristics(validation, batch.characteristicNames, 'validation.characteristicNames');
    if (options.targets && !options.validationTargets)
      throw new ConfigError({
        field: 'validationTargets',
        expected: 'targets of the validation batch, as there are `targets`',
        found: 'none',
        remedy: 'Pass both, or leave the validation batch out.',
      });
    const targets = readTargets(validation, options.validationTargets, config, 'validationTargets');
    if (targets.names.join() !== train.targets.names.join())
      throw new DataError({
        field: 'validationTargets.names',
        expected: train.targets.names.join(', '),
        found: targets.names.join(', '),
        remedy: 'Pass the same targets in the same order.',
      });
    return { train, validation: { batch: validation, targets }, note: [] };
  }

  #resolve(inputs: number, outputs: number): ReturnType<typeof resolveEngine> {
    const { engine, threads } = this.config;
    const modelSize = parameterCount(saeParameters(this.config, { inputs, outputs }));
    return resolveEngine({
      engine: engine as EngineChoice,
      modelSize,
      ...(threads === null ? {} : { threads }),
    });
  }

  #predictor(engine: Engine, fit: Omit<SAEFit, 'summary'>): Parameters<typeof predictBatch>[0] {
    const { config } = this;
    const { characteristicNames, targetNames, inputs, targets, members, ownReturns } = fit;
    const isReturn = ownReturns && inTargetUnit(config);
    return {
      engine,
      config,
      specs: saeParameters(config, { inputs: characteristicNames.length, outputs: targetNames.length }),
      scale: inputs,
      targets,
      members,
      signalNames: targetNames,
      unit: config.taskType !== 'regression' ? 'probability' : isReturn ? 'return' : 'score',
    };
  }
}

function parameterCount(specs: ReturnType<typeof saeParameters>): number {
  let count = 0;
  for (const { shape, state } of Object.values(specs)) if (!state) count += shape.reduce((a, b) => a * b, 1);
  return count;
}

/** Checkpoints that every member has, epochs ascending, then 'last' and 'best'. */
function commonCheckpoints(members: readonly TrainedMember[]): string[] {
  return Object.keys(members[0].checkpoints).filter((name) =>
    members.every(({ checkpoints }) => checkpoints[name] !== undefined),
  );
}

function chooseCheckpoint(
  { defaultCheckpoint: wanted }: SAEConfig,
  available: readonly string[],
): { readonly checkpoint: string; readonly notes: string[] } {
  const usual = available.includes('best') ? 'best' : 'last';
  if (wanted === null) return { checkpoint: usual, notes: [] };
  const name = typeof wanted === 'number' ? `epoch-${wanted}` : wanted;
  if (available.includes(name)) return { checkpoint: name, notes: [] };
  const reason = name === 'best' ? 'there was no validation' : 'a member stopped before it';
  return { checkpoint: usual, notes: [`The default checkpoint is ${usual}, not ${name}: ${reason}.`] };
}

function overallReason(members: readonly TrainedMember[]): StopReason {
  const reasons = members.map(({ stopReason }) => stopReason);
  return (
    reasons.find(isNonFinite) ??
    (reasons.every((reason) => reason === 'early-stopping') ? 'early-stopping' : 'max-epochs')
  );
}

function memberNotes(members: readonly TrainedMember[]): string[] {
  return members.flatMap(({ remedy, skippedSteps, epochs }, number) => [
    ...(remedy ? [`Member ${number} stopped after epoch ${epochs}: ${remedy}`] : []),
    ...(skippedSteps > 0 ? [`Member ${number} left out ${skippedSteps} steps without a finite gradient.`] : []),
  ]);
}

function rowNotes(used: number, all: number): string[] {
  return used === all ? [] : [`${all - used} training rows with a missing characteristic or target took no part.`];
}

function requireRows(found: number, of: number, field: string): void {
  if (found >= 4) return;
  throw new DataError({
    field,
    expected: 'at least 4 rows with all characteristics and a target known',
    found: `${found} of ${of}`,
    remedy: 'Impute missing characteristics or pass more dates.',
  });
}

function requireSameCharacteristics(
  batch: CrossSectionBatch,
  expected: readonly string[],
  field = 'characteristicNames',
): void {
  const found = batch.characteristicNames;
  if (found.length === expected.length && found.every((name, i) => name === expected[i])) return;
  const missing = expected.filter((name) => !found.includes(name));
  throw new DataError({
    field,
    expected: `the characteristics of the fit in their order (${expected.join(', ')})`,
    found: missing.length > 0 ? `no ${missing.join(', ')}` : found.join(', '),
    remedy: 'Build the batch with the same columns in the same order.',
  });
}
