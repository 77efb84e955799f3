import {
  AbortedError,
  DataError,
  isNonFinite,
  NotFittedError,
  StochasticDiscountFactorState,
  throwIfAborted,
  type CrossSectionBatch,
  type ExtractOptions,
  type FitOptions,
  type FitSummary,
  type StochasticDiscountFactorEstimator,
} from '@ml4t/core';
import { resolveEngine, type Engine, type Snapshot } from '@ml4t/core/engine';
import type { ParameterSpecs } from '@ml4t/core/nn';
import { artifactArray, loadArtifact, saveArtifact } from '@ml4t/core/persist';
import * as z from 'zod';
import { commonLabels, defaultLabel, resolveLabel } from './checkpoints.ts';
import {
  parseSdfConfig,
  type StochasticDiscountFactorConfig,
  type StochasticDiscountFactorConfigInput,
} from './config.ts';
import { contextHistory, contextInput, type ContextHistory } from './context.ts';
import { networkSize, packNetworks, unpack, type PackedNetworks } from './fitted-networks.ts';
import { exposureNetworkParameters } from './networks.ts';
import { holdPanel } from './panel-tensors.ts';
import { pricingRows } from './pricing-rows.ts';
import { readState } from './saved-state.ts';
import { sdfStatistics, type SdfStatistics } from './statistics.ts';
import { trainMember, type MemberRecord } from './train-member.ts';
import { packageVersion } from './version.ts';
import { discountFactors, meanOutputs, normalizeByAbsoluteSum } from './weights.ts';

const operation = 'StochasticDiscountFactorModel.fit';

const savedState = z.strictObject({
  characteristicNames: z.array(z.string()).min(1),
  contextNames: z.array(z.string()),
  labels: z.array(z.record(z.string(), z.int().min(0))).min(1),
  dates: z.int().min(0),
  trainingDates: z.int().min(0),
  states: z.int().min(1),
});
const savedArrays = [
  'networks',
  'contextTimestamps',
  'contextValues',
  'contextMeans',
  'contextDeviations',
] as const;

/** What a fit leaves behind. */
interface SdfFit {
  readonly characteristicNames: readonly string[];
  readonly context: ContextHistory | undefined;
  readonly networks: PackedNetworks;
  /** Checkpoints that every member has. */
  readonly labels: readonly string[];
  readonly fallback: string | undefined;
  readonly summary: FitSummary;
}

/**
 * The adversarial stochastic discount factor of Chen, Pelger and Zhu: `M_{t+1} = 1 - sum_i omega_{t,i} r_{t+1,i}`, its weights a
 * network of characteristics and of the states of a recurrent layer over context series, found as the solution of
 *
 * `min_omega max_g (1/N) sum_i (T_i / max T) |(1/T_i) sum_t M_{t+1} r_{t+1,i} g(I_t, I_{t,i})|^2`.
 *
 * Training has three phases: omega on g = 1; then g, upwards, with omega fixed; then omega with g fixed. With a validation
 * batch each phase hands on its best state. States are kept under labels 'conditional:512', 'conditional:best',
 * 'conditional:last'. Weights are known on the row's date and never depend on returns.
 *
 * Source: Chen, Pelger and Zhu (2024), "Deep learning in asset pricing", Management Science 70.
 *
 * @example
 * const model = new StochasticDiscountFactorModel({ nMembers: 9, checkpointInterval: 128 });
 * await model.fit(train, { validation });
 * const { weights, sdfValues } = await model.extract(test);
 */
export class StochasticDiscountFactorModel implements StochasticDiscountFactorEstimator {
  readonly modelType = 'stochastic-discount-factor';
  readonly config: StochasticDiscountFactorConfig;
  #fit: SdfFit | undefined;

  /** Throws ConfigError when a field is unknown or out of range. */
  constructor(config: StochasticDiscountFactorConfigInput = {}) {
    this.config = parseSdfConfig(config);
  }

  get isFitted(): boolean {
    return this.#fit !== undefined;
  }
  get fitSummary(): FitSummary {
    return this.#requireFit('fitSummary').summary;
  }
  /** Labels that `extract` takes, in the order of training. */
  get checkpoints(): readonly string[] {
    return this.#requireFit('checkpoints').labels;
  }
  /** The label that `extract` uses when none is asked for; undefined after an abort before its phase. */
  get defaultCheckpoint(): string | undefined {
    return this.#requireFit('defaultCheckpoint').fallback;
  }

  /**
   * Trains the networks. Rows with a missing characteristic or return are left out of it. Throws DataError when no row is
   * complete or context series differ; AbortedError. A failed or aborted refit keeps the earlier fit; an aborted
   * first fit keeps the checkpoints of the epochs it finished.
   */
  async fit(batch: CrossSectionBatch, options: FitOptions<CrossSectionBatch> = {}): Promise<FitSummary> {
    const started = performance.now();
    throwIfAborted(options.signal, operation);
    const { config } = this;
    const { validation } = options;
    if (validation) requireSameColumns(batch.characteristicNames, validation);
    const rows = pricingRows(batch, config.normalizeByAssetCount, 'batch');
    const validationRows = validation && pricingRows(validation, config.normalizeByAssetCount, 'validation');
    const context = contextHistory(batch, validation, config);
    const specs = this.#specs(batch.nCharacteristics, batch.nContext);
    const members: Map<string, Snapshot>[] = [];
    const records: MemberRecord[] = [];
    const { engine, resolution } = await resolveEngine({
      engine: config.engine,
      modelSize: networkSize(specs),
      ...(config.threads === undefined ? {} : { threads: config.threads }),
    });
    const keep = (
      networks: readonly Map<string, Snapshot>[],
      notes: readonly string[],
      stop: FitSummary['stopReason'],
    ) => {
      const labels = commonLabels(networks);
      const fallback = defaultLabel(config, labels);
      const summary: FitSummary = {
        converged: stop === 'early-stopping',
        stopReason: stop,
        iterations: records.reduce((sum, { epochs }) => sum + epochs, 0),
        trainMetrics: {},
        defaultCheckpoint: fallback,
        history: records.flatMap(({ history }) => history),
        notes,
        runRecord: {
          modelType: this.modelType,
          packageVersion: packageVersion(),
          config: withoutUndefined(config),
          engine: resolution.backend,
          dimensions: {
            dates: batch.nDates,
            rows: batch.nRows,
            pricedRows: rows.rows.length,
            assets: rows.nAssets,
            characteristics: batch.nCharacteristics,
            context: batch.nContext,
            members: networks.length,
            reservedBytes: engine.memory().reservedBytes,
          },
          stopReason: stop,
          seconds: (performance.now() - started) / 1000,
        },
      };
      const packed = packNetworks(specs, networks);
      return {
        characteristicNames: [...batch.characteristicNames],
        context,
        networks: packed,
        labels,
        fallback,
        summary,
      };
    };
    try {
      const training = holdPanel(engine, rows, contextInput(batch, context, config));
      const held =
        validation && validationRows && holdPanel(engine, validationRows, contextInput(validation, context, config));
      for (let member = 0; member < config.nMembers; member++) {
        const checkpoints = new Map<string, Snapshot>();
        members.push(checkpoints);
        records.push(
          await trainMember({
            engine,
            config,
            training,
            validation: held,
            nCharacteristics: batch.nCharacteristics,
            nContext: batch.nContext,
            member,
            signal: options.signal,
            onProgress: options.onProgress,
            checkpoints,
          }),
        );
      }
      const stops = records.map(({ stopReason }) => stopReason);
      const stop = stops.find(isNonFinite) ?? stops.find((s) => s === 'early-stopping') ?? 'max-epochs';
      const fit = keep(
        members,
        records.flatMap(({ notes }) => notes),
        stop,
      );
      if (fit.fallback === undefined)
        throw new DataError({
          field: config.defaultCheckpoint ?? 'batch',
          expected: 'a state to use by default',
          found: fit.labels.length > 0 ? `only ${fit.labels.join(', ')}` : 'no finished epoch',
          remedy: isNonFinite(stop)
            ? records.flatMap(({ notes }) => notes).join(' ')
            : 'Choose a defaultCheckpoint on the checkpoint grid; best needs a validation batch.',
        });
      const trainMetrics = await this.#metrics(engine, fit, batch);
      const validationMetrics = validation && (await this.#metrics(engine, fit, validation));
      const summary = { ...fit.summary, trainMetrics, validationMetrics };
      this.#fit = { ...fit, summary };
      return summary;
    } catch (error) {
      if (error instanceof AbortedError && !this.#fit) {
        // Whole members where there are any, else what the first one got to.
        const usable = records.length > 0 ? members.slice(0, records.length) : members.slice(0, 1);
        const partial = keep(usable, ['Training was aborted: these are the epochs it finished.'], 'max-epochs');
        if (partial.labels.length > 0) this.#fit = partial;
      }
      throw error;
    } finally {
      await engine.dispose();
    }
  }

  /**
   * Weights (R) and M (T). A weight is NaN where a characteristic is missing, and M at dates without a return.
   *
   * The recurrent state goes on from the fit: the layer is run over all training dates (and validation dates after them)
   * that lie before the batch's first date, and then over the batch. So a date's weights do not depend on where a batch was
   * cut, as long as nothing lies between the fit's dates and the batch's.
   *
   * Throws NotFittedError; ConfigError for a checkpoint that was not kept, or without a default after an abort;
   * DataError when columns differ from the fit's.
   */
  async extract(batch: CrossSectionBatch, options: ExtractOptions = {}): Promise<StochasticDiscountFactorState> {
    const fit = this.#requireFit('extract');
    const checkpoint = resolveLabel(options.checkpoint, fit.fallback, fit.labels);
    const { engine } = await resolveEngine({
      engine: this.config.engine,
      modelSize: fit.networks.size,
      ...(this.config.threads === undefined ? {} : { threads: this.config.threads }),
    });
    try {
      return await this.#extract(engine, fit, batch, checkpoint);
    } finally {
      await engine.dispose();
    }
  }

  /** Sharpe ratio of the SDF portfolio, EV and XS-R2 of any checkpoint on a batch with returns. */
  async statistics(batch: CrossSectionBatch, options: ExtractOptions = {}): Promise<SdfStatistics> {
    return sdfStatistics(await this.extract(batch, options), batch.requireReturns('statistics'));
  }

  /** Writes the configuration, all checkpoints, the context history and the fit summary as one artifact, atomically. */
  async save(path: string): Promise<void> {
    const { networks, context, characteristicNames, summary } = this.#requireFit('save');
    const flat = (a: Float64Array = new Float64Array(0)): { shape: number[]; data: Float64Array } => ({
      shape: [a.length],
      data: a,
    });
    const states = networks.states.length / networks.size;
    await saveArtifact(path, {
      modelType: this.modelType,
      formatVersion: 1,
      packageVersion: packageVersion(),
      config: this.config,
      state: {
        characteristicNames,
        contextNames: context?.names ?? [],
        labels: networks.labels,
        dates: context?.timestamps.length ?? 0,
        trainingDates: context?.trainingDates ?? 0,
        states,
      },
      record: summary,
      arrays: {
        networks: { shape: [states, networks.size], data: networks.states },
        contextTimestamps: flat(context?.timestamps),
        contextValues: flat(context?.values),
        contextMeans: flat(context?.means),
        contextDeviations: flat(context?.deviations),
      },
    });
  }

  /** Reads an artifact that `save` wrote. Throws ArtifactError when it is missing, damaged or of another model. */
  static async load(path: string): Promise<StochasticDiscountFactorModel> {
    const artifact = await loadArtifact(path, { modelType: 'stochastic-discount-factor', arrays: savedArrays });
    const model = new StochasticDiscountFactorModel(artifact.config as StochasticDiscountFactorConfigInput);
    const saved = readState(path, savedState, artifact.state);
    const q = saved.contextNames.length;
    const size = networkSize(model.#specs(saved.characteristicNames.length, q));
    const read = (name: (typeof savedArrays)[number], length: number): Float64Array =>
      artifactArray(artifact, name, 'F64', [length]);
    const history: ContextHistory = {
      names: saved.contextNames,
      timestamps: read('contextTimestamps', saved.dates),
      values: read('contextValues', saved.dates * q),
      means: read('contextMeans', q),
      deviations: read('contextDeviations', q),
      trainingDates: saved.trainingDates,
    };
    const networks: PackedNetworks = {
      states: artifactArray(artifact, 'networks', 'F32', [saved.states, size]),
      size,
      labels: saved.labels,
    };
    const labels = commonLabelsOf(saved.labels);
    model.#fit = {
      characteristicNames: saved.characteristicNames,
      context: q > 0 ? history : undefined,
      networks,
      labels,
      fallback: defaultLabel(model.config, labels),
      summary: artifact.record as FitSummary,
    };
    return model;
  }

  #specs(nCharacteristics: number, nContext: number): ParameterSpecs {
    const { stateDimSdf, hiddenDim, forgetBias } = this.config;
    const shape = {
      nCharacteristics,
      nContext,
      stateDim: stateDimSdf,
      forgetBias,
    };
    return exposureNetworkParameters(shape, hiddenDim);
  }

  async #extract(
    engine: Engine,
    fit: SdfFit,
    batch: CrossSectionBatch,
    checkpoint: string,
  ): Promise<StochasticDiscountFactorState> {
    const { config } = this;
    requireSameColumns(fit.characteristicNames, batch);
    const specs = this.#specs(fit.characteristicNames.length, fit.context?.names.length ?? 0);
    const { states, size, labels } = fit.networks;
    const networks = labels.map((rows) => {
      const row = rows[checkpoint];
      return unpack(specs, states.subarray(row * size, (row + 1) * size));
    });
    const context = contextInput(batch, fit.context, config);
    const weights = await meanOutputs(engine, batch, context, networks, config.normalizeByAssetCount);
    const { rowOffsets } = batch.index;
    if (config.weightNormalization === 'absolute-sum') normalizeByAbsoluteSum(weights, rowOffsets);
    const sdfValues = discountFactors(weights, batch.returns, rowOffsets);
    return new StochasticDiscountFactorState({ index: batch.index, weights, sdfValues, checkpoint });
  }

  /** Statistics of the default checkpoint that the data determine. */
  async #metrics(engine: Engine, fit: SdfFit, batch: CrossSectionBatch): Promise<Record<string, number>> {
    const checkpoint = resolveLabel(undefined, fit.fallback, fit.labels);
    const state = await this.#extract(engine, fit, batch, checkpoint);
    const statistics = sdfStatistics(state, batch.requireReturns('statistics'));
    return Object.fromEntries(Object.entries(statistics).filter(([, value]) => Number.isFinite(value)));
  }

  #requireFit(what: string): SdfFit {
    if (!this.#fit) throw new NotFittedError('StochasticDiscountFactorModel', what);
    return this.#fit;
  }
}

function commonLabelsOf(members: readonly Readonly<Record<string, number>>[]): string[] {
  return Object.keys(members[0]).filter((label) => members.every((member) => label in member));
}

function requireSameColumns(expected: readonly string[], batch: CrossSectionBatch): void {
  const found = batch.characteristicNames;
  if (expected.length === found.length && expected.every((name, j) => name === found[j])) return;
  throw new DataError({
    field: 'characteristicNames',
    expected: expected.join(', '),
    found: found.join(', '),
    remedy: 'Pass the characteristics of the training batch, in its order.',
  });
}

/** JSON has no undefined: optional fields that are not set are left out of the record. */
function withoutUndefined(config: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
}
