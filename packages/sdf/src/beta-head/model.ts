import {
  AssetSignalResult,
  DataError,
  NotFittedError,
  throwIfAborted,
  type CrossSectionBatch,
  type ExtractOptions,
  type FitSummary,
  type RunOptions,
  type StochasticDiscountFactorState,
} from '@ml4t/core';
import { resolveEngine, type Engine, type Snapshot } from '@ml4t/core/engine';
import { deriveKey, initialValues, type NamedValues, type ParameterSpecs, type Tensor } from '@ml4t/core/nn';
import { Checkpoints, train } from '@ml4t/core/train';
import { resolveLabel } from '../checkpoints.ts';
import { contextHistory, contextInput, type ContextHistory } from '../context.ts';
import { networkSize, packNetworks, unpack, type PackedNetworks } from '../fitted-networks.ts';
import { exposureNetwork, exposureNetworkParameters } from '../networks.ts';
import { holdInput } from '../panel-tensors.ts';
import { selectRows } from '../pricing-rows.ts';
import { explainedReturns } from '../statistics.ts';
import { packageVersion } from '../version.ts';
import { meanOutputs } from '../weights.ts';
import { parseBetaHeadConfig, type BetaHeadConfig, type BetaHeadConfigInput } from './config.ts';
import { loadBetaHead, saveBetaHead } from './artifact.ts';

const operation = 'StochasticDiscountFactorBetaNetworkHead.fit';

/** A batch and the SDF state extracted on it. */
export interface BetaHeadData {
  readonly batch: CrossSectionBatch;
  readonly state: StochasticDiscountFactorState;
}

export interface BetaHeadFitOptions extends RunOptions {
  /** Used to choose the best epoch and to stop early. */
  readonly validation?: BetaHeadData | undefined;
}

/** What a fit leaves behind. */
export interface BetaHeadFit {
  readonly characteristicNames: readonly string[];
  readonly context: ContextHistory | undefined;
  readonly networks: PackedNetworks;
  readonly factorScale: number;
  readonly summary: FitSummary;
}

/**
 * Betas of the SDF portfolio, up to scale, as a network of characteristics and recurrent states: a least-squares fit of
 * `r_{i,t+1} F_{t+1} / sd(F)`, whose conditional mean is proportional to the conditional second moment of return and factor,
 * `F = 1 - M`. Two hidden layers of ReLU units, full batch, Adam.
 *
 * Feed its signals to {@link explainedReturns} for EV and XS-R2, or to {@link LinearStochasticDiscountFactorReturnMapper}
 * for expected returns.
 *
 * Source: Chen, Pelger and Zhu (2024), "Deep learning in asset pricing", Management Science 70.
 *
 * @example
 * const head = new StochasticDiscountFactorBetaNetworkHead();
 * await head.fit({ batch: train, state: await model.extract(train) });
 * const { signals } = await head.predict(test);
 */
export class StochasticDiscountFactorBetaNetworkHead {
  readonly modelType = 'sdf-beta-network';
  readonly config: BetaHeadConfig;
  #fit: BetaHeadFit | undefined;

  /** Throws ConfigError when a field is unknown or out of range. */
  constructor(config: BetaHeadConfigInput = {}) {
    this.config = parseBetaHeadConfig(config);
  }

  get isFitted(): boolean {
    return this.#fit !== undefined;
  }
  get fitSummary(): FitSummary {
    return this.#requireFit('fitSummary').summary;
  }
  /** Labels that `predict` takes. */
  get checkpoints(): readonly string[] {
    return Object.keys(this.#requireFit('checkpoints').networks.labels[0]);
  }
  /** Standard deviation (divisor T) of F over the training dates, by which targets are divided. */
  get factorScale(): number {
    return this.#requireFit('factorScale').factorScale;
  }

  /** Throws DataError when no row can be used, AbortedError; an earlier fit then stays. */
  async fit(data: BetaHeadData, options: BetaHeadFitOptions = {}): Promise<FitSummary> {
    throwIfAborted(options.signal, operation);
    const specs = this.#specs(data.batch.nCharacteristics, data.batch.nContext);
    const engine = await this.#engine(networkSize(specs));
    try {
      const initial = initialValues(specs, deriveKey(this.config.seed, 'beta'));
      this.#fit = await fitBetaHead(engine, this.config, specs, initial, data, options);
      return this.#fit.summary;
    } finally {
      await engine.dispose();
    }
  }

  /** One exposure per row, unit 'score'; NaN where a characteristic is missing. Never depends on returns. */
  async predict(batch: CrossSectionBatch, options: ExtractOptions = {}): Promise<AssetSignalResult> {
    const fit = this.#requireFit('predict');
    const label = resolveLabel(options.checkpoint, fit.summary.defaultCheckpoint, this.checkpoints);
    requireColumns(fit.characteristicNames, batch);
    const engine = await this.#engine(fit.networks.size);
    try {
      const specs = this.#specs(fit.characteristicNames.length, fit.context?.names.length ?? 0);
      const { states, size, labels } = fit.networks;
      const row = labels[0][label];
      const network = unpack(specs, states.subarray(row * size, (row + 1) * size));
      const context = contextInput(batch, fit.context, this.config);
      const signals = await meanOutputs(engine, batch, context, [network], false);
      return new AssetSignalResult({
        index: batch.index,
        signals,
        signalNames: ['beta'],
        unit: 'score',
        checkpoint: label,
      });
    } finally {
      await engine.dispose();
    }
  }

  /** Writes configuration, checkpoints, context history and summary as one artifact, atomically. */
  async save(path: string): Promise<void> {
    await saveBetaHead(path, this.config, this.#requireFit('save'));
  }

  /** Reads an artifact that `save` wrote. Throws ArtifactError when it is missing, damaged or of another model. */
  static async load(path: string): Promise<StochasticDiscountFactorBetaNetworkHead> {
    const { config, read } = await loadBetaHead(path);
    const head = new StochasticDiscountFactorBetaNetworkHead(config);
    head.#fit = read((p, q) => networkSize(head.#specs(p, q)));
    return head;
  }

  #engine(parameters: number): Promise<Engine> {
    const { engine, threads } = this.config;
    return resolveEngine({ engine, modelSize: parameters, ...(threads === undefined ? {} : { threads }) }).then(
      (resolved) => resolved.engine,
    );
  }

  #specs(nCharacteristics: number, nContext: number): ParameterSpecs {
    const { betaStateDim, betaHiddenDim, forgetBias } = this.config;
    return exposureNetworkParameters({ nCharacteristics, nContext, stateDim: betaStateDim, forgetBias }, betaHiddenDim);
  }

  #requireFit(what: string): BetaHeadFit {
    if (!this.#fit) throw new NotFittedError('StochasticDiscountFactorBetaNetworkHead', what);
    return this.#fit;
  }
}

/** Trains a beta network from given initial weights. */
export async function fitBetaHead(
  engine: Engine,
  config: BetaHeadConfig,
  specs: ParameterSpecs,
  initial: readonly NamedValues[],
  data: BetaHeadData,
  options: BetaHeadFitOptions,
): Promise<BetaHeadFit> {
  const started = performance.now();
  const { batch } = data;
  const { validation } = options;
  const factorScale = deviation(data.state.sdfValues);
  const context = contextHistory(batch, validation?.batch, config);
  const hold = (of: BetaHeadData, name: string) => {
    const selected = selectRows(of.batch, true);
    if (selected.rows.length === 0 || of.state.index.nRows !== of.batch.nRows)
      throw new DataError({
        field: name,
        expected: 'a batch with complete rows, and the state extracted on it',
        found: `${selected.rows.length} complete rows of ${of.batch.nRows}, a state of ${of.state.index.nRows}`,
        remedy: 'Extract the state on the same batch; impute missing characteristics.',
      });
    const input = holdInput(engine, selected, contextInput(of.batch, context, config));
    const returns = of.batch.requireReturns(operation);
    const target = new Float64Array(selected.rows.length);
    for (let t = 0; t < of.batch.nDates; t++)
      for (let r = selected.offsets[t]; r < selected.offsets[t + 1]; r++)
        target[r] = (returns[selected.rows[r]] * (1 - of.state.sdfValues[t])) / factorScale;
    return { input, target: engine.tensor(target, [target.length, 1]) };
  };
  const training = hold(data, 'batch');
  const held = validation && hold(validation, 'validation');
  const params = engine.parameters(initial);
  const checkpoints = new Checkpoints(
    config.betaCheckpointEpochs.length > 0
      ? { epochs: config.betaCheckpointEpochs }
      : config.betaCheckpointInterval === undefined
        ? {}
        : { every: config.betaCheckpointInterval },
  );
  const record = await train<{ input: typeof training.input; target: Tensor }>({
    engine,
    parameters: params,
    optimizer: { learningRate: config.betaLr, weightDecay: config.weightDecay },
    loss: (ops, tensors, on) =>
      ops.meanSquaredError(exposureNetwork(ops, tensors, on.input, config.dropout), on.target),
    batches: () => Array.from({ length: config.subEpochs }, () => training),
    epochs: config.betaNEpochs,
    seed: config.seed,
    checkpoints,
    operation,
    ...(held
      ? {
          validation: {
            batches: () => [held],
            ...(config.patience === undefined ? {} : { patience: config.patience }),
          },
        }
      : {}),
    ...(options.signal ? { signal: options.signal } : {}),
    onProgress: ({ epoch, loss }) =>
      options.onProgress?.({ phase: 'beta network', step: epoch, total: config.betaNEpochs, metrics: { loss } }),
  });
  const labels = new Map<string, Snapshot>(checkpoints.epochs.map((epoch) => [String(epoch), checkpoints.get(epoch)]));
  if (checkpoints.bestEpoch !== undefined) labels.set('best', checkpoints.get(checkpoints.bestEpoch));
  if (checkpoints.lastEpoch !== undefined) labels.set('last', checkpoints.get(checkpoints.lastEpoch));
  const fallback = config.betaDefaultCheckpoint ?? (labels.has('best') ? 'best' : 'last');
  const chosen = labels.get(fallback);
  if (!chosen)
    throw new DataError({
      field: 'betaDefaultCheckpoint',
      expected: labels.size > 0 ? `one of ${[...labels.keys()].join(', ')}` : 'a finished epoch',
      found: fallback,
      remedy: record.remedy || 'Choose an epoch on the checkpoint grid.',
    });
  const network = initial.map((array) => ({ ...array, values: Float64Array.from(chosen[array.name]) }));
  const signals = await meanOutputs(engine, batch, contextInput(batch, context, config), [network], false);
  const explained = explainedReturns(batch.index, signals, batch.requireReturns(operation));
  const stopReason = record.stopReason;
  return {
    characteristicNames: [...batch.characteristicNames],
    context,
    networks: packNetworks(specs, [labels]),
    factorScale,
    summary: {
      converged: stopReason === 'early-stopping',
      stopReason,
      iterations: record.history.length,
      trainMetrics: { ...explained },
      defaultCheckpoint: fallback,
      history: record.history.map(({ epoch, loss, validation: value }) => ({
        epoch,
        loss,
        ...(value === undefined ? {} : { validationLoss: value }),
      })),
      notes: record.remedy === '' ? [] : [record.remedy],
      runRecord: {
        modelType: 'sdf-beta-network',
        packageVersion: packageVersion(),
        config: Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined)),
        engine: engine.description,
        dimensions: { dates: batch.nDates, rows: batch.nRows, characteristics: batch.nCharacteristics },
        stopReason,
        seconds: (performance.now() - started) / 1000,
      },
    },
  };
}

/** Standard deviation (divisor T) of the factor over the dates on which it is known. */
function deviation(sdfValues: Float64Array): number {
  const known = sdfValues.filter((value) => !Number.isNaN(value));
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const sd = Math.sqrt(known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / known.length);
  // Rounding of the mean must not make a factor of equal values.
  if (sd > 1e-12 * Math.abs(1 - mean)) return sd;
  throw new DataError({
    field: 'state.sdfValues',
    expected: 'discount factors that vary, on at least two dates',
    found: `${known.length} dates${known.length > 1 ? ' with the same value' : ''}`,
    remedy: 'Extract the state on a batch with returns.',
  });
}

function requireColumns(expected: readonly string[], { characteristicNames }: CrossSectionBatch): void {
  if (expected.length === characteristicNames.length && expected.every((name, j) => name === characteristicNames[j]))
    return;
  throw new DataError({
    field: 'characteristicNames',
    expected: expected.join(', '),
    found: characteristicNames.join(', '),
    remedy: 'Pass the characteristics of the training batch, in its order.',
  });
}
