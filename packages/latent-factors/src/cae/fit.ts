import {
  ConfigError,
  DataError,
  throwIfAborted,
  requireSameColumns,
  type CrossSectionBatch,
  type FitOptions,
  type FitSummary,
} from '@ml4t/core';
import type { Engine } from '@ml4t/core/engine';
import type { EnsembleTraining } from '@ml4t/core/ensemble';
import type { FactorRegression } from '../ipca/extract.ts';
import type { FactorReturnSeries } from '../ipca/given-factors.ts';
import { minimumRows } from '../minimum-rows.ts';
import { packageVersion } from '../version.ts';
import type { CAEFit } from './artifact.ts';
import { checkpointNames, defaultCheckpointOf, snapshotAt } from './checkpoints.ts';
import { hasGain, type CAEConfig, type FactorSource } from './config.ts';
import { factorSource, type ChosenSource } from './factor-source.ts';
import { fitMetrics } from './fit-metrics.ts';
import { portfoliosFor, type PortfolioReturns } from './managed-portfolios.ts';
import { checkpointGrid, ownOutputs, trainMember, type CAEMember, type Ensemble } from './members.ts';
import type { NetworkShape } from './network.ts';
import { LoadedRows, requireEnoughRows, rowCounts, trainingRows, type Scales, type TrainingRows } from './rows.ts';
import { historyOf, notesOf, stopReasonOf } from './summary.ts';
import { networkSize, withEngine } from './with-engine.ts';

export interface CAEFitOptions extends FitOptions<CrossSectionBatch, 'training'> {
  /**
   * Portfolio returns x_t for the factor network, in place of those made from the batch: (H x L) for at least the training
   * dates, dated as the batch is. Kept with the fit, for `extract`. Not with `factors: 'regression'`.
   */
  readonly managedPortfolios?: FactorReturnSeries | undefined;
}

/** A panel, its portfolios, and the rows of it that a network can learn from. */
interface Prepared {
  readonly batch: CrossSectionBatch;
  readonly portfolios: PortfolioReturns | undefined;
  readonly rows: TrainingRows;
  readonly scales: Scales;
  /** Fewest rows with which a date has factor returns by regression, of the training panel. */
  readonly minimumRows: number;
}

/** Prepares a fit: the data first, then an engine that `use` has for as long as it takes. */
export async function openFit<T>(
  config: CAEConfig,
  batch: CrossSectionBatch,
  options: CAEFitOptions,
  use: (training: EnsembleTraining<CAEMember, CAEFit>) => Promise<T>,
): Promise<T> {
  const given = requireUse(config, options.managedPortfolios);
  const source = factorSource(config, batch, given !== undefined);
  if (config.defaultCheckpoint === 'best' && !options.validation)
    throw new ConfigError({
      field: 'CAEConfig.defaultCheckpoint',
      expected: 'a validation batch to be best on',
      found: "'best' without one",
      remedy: 'Pass `validation` to `fit`, or leave defaultCheckpoint out.',
    });
  const training = prepare(config, source.factors, batch, given);
  requireEnoughRows(training.rows, training.scales, config.nFactors);
  requireRowsOfBatch(config, training.rows.nRows);
  const validation =
    options.validation && prepareValidation(config, source.factors, options.validation, given, training);
  const shape: NetworkShape = {
    characteristics: batch.nCharacteristics,
    hiddenUnits: config.hiddenUnits,
    factors: config.nFactors,
    portfolios: training.portfolios?.names.length ?? 0,
    gain: hasGain(config, source.factors),
  };
  return withEngine(config, shape, async (engine, { backend, arithmetic }) => {
    // Into the engine with the first member that is trained: members that were trained elsewhere need no rows here.
    let loaded: { readonly training: LoadedRows; readonly validation: LoadedRows | undefined } | undefined;
    return use({
      arithmetic,
      train(seed, _member, onProgress) {
        loaded ??= {
          training: new LoadedRows(engine, training.rows),
          validation: validation && new LoadedRows(engine, validation.rows),
        };
        const { scales } = training;
        const portfolios = training.portfolios?.values;
        const run = { ...options, onProgress };
        const regression = regressionOf(config, training);
        return trainMember(
          { engine, config, shape, scales, regression, batch, portfolios, options: run, ...loaded },
          seed,
        );
      },
      combine(members) {
        loaded?.training.release();
        loaded?.validation?.release();
        loaded = undefined;
        return combine({ engine, backend, config, source, shape, training, validation, given, options }, members);
      },
    });
  });
}

/** What a fit is put together from, beside its members. */
interface Parts {
  readonly engine: Engine;
  readonly backend: string;
  readonly config: CAEConfig;
  readonly source: ChosenSource;
  readonly shape: NetworkShape;
  readonly training: Prepared;
  readonly validation: Prepared | undefined;
  readonly given: FactorReturnSeries | undefined;
  readonly options: CAEFitOptions;
}

/** Chooses the checkpoint of the ensemble, measures it in sample and on the validation dates, and says how it came about. */
async function combine(parts: Parts, trained: readonly CAEMember[]): Promise<CAEFit> {
  const { engine, backend, config, source, shape, training, validation, given, options } = parts;
  const { batch, scales } = training;
  const members = trained.map(({ seed, bestEpoch, lastEpoch, snapshots }) => ({
    seed,
    bestEpoch,
    lastEpoch,
    snapshots,
  }));
  const ensemble: Ensemble = { shape, scales, regression: regressionOf(config, training), members };
  const checkpoints = checkpointNames(members, checkpointGrid(config));
  const defaultCheckpoint = defaultCheckpointOf(config, checkpoints);
  const measure = (on: Prepared): Promise<Record<string, number>> =>
    fitMetrics(config.taskType, on.batch, shape.factors, members.length, (m) =>
      ownOutputs(
        engine,
        ensemble,
        snapshotAt(members[m], defaultCheckpoint, checkpoints),
        on.batch,
        on.portfolios?.values,
      ),
    );
  const trainMetrics = await measure(training);
  const validationMetrics = validation && (await measure(validation));
  throwIfAborted(options.signal, 'CAEModel.fit');
  const stopReason = stopReasonOf(trained);
  const summary: FitSummary = {
    converged: stopReason === 'early-stopping',
    stopReason,
    iterations: Math.max(...trained.map(({ history }) => history.length)),
    trainMetrics,
    ...(validationMetrics ? { validationMetrics } : {}),
    defaultCheckpoint,
    history: historyOf(trained),
    notes: [...(source.note ? [source.note] : []), ...notesOf(config, trained, training, checkpoints)],
    runRecord: {
      modelType: 'cae',
      packageVersion: packageVersion(),
      config,
      engine: backend,
      dimensions: {
        dates: batch.nDates,
        rows: batch.nRows,
        rowsUsed: training.rows.nRows,
        characteristics: shape.characteristics,
        portfolios: shape.portfolios,
        members: members.length,
        weights: networkSize(shape),
      },
      stopReason,
      // Measured where the fit is put together.
      seconds: 0,
    },
  };
  return {
    ...ensemble,
    characteristicNames: [...batch.characteristicNames],
    portfolioNames: [...(training.portfolios?.names ?? [])],
    given: given && { names: [...given.names], timestamps: given.timestamps.slice(), values: given.values.slice() },
    checkpoints,
    defaultCheckpoint,
    summary,
  };
}

function prepare(
  config: CAEConfig,
  factors: FactorSource,
  batch: CrossSectionBatch,
  given: FactorReturnSeries | undefined,
): Prepared {
  batch.requireReturns('CAEModel.fit');
  batch.requireCharacteristics('CAEModel.fit');
  const portfolios =
    factors === 'managed' ? portfoliosFor(batch, given, { ridge: config.portfolioRidge, required: true }) : undefined;
  const least = factors === 'regression' ? minimumRows(config.nFactors, rowCounts(batch)) : config.nFactors;
  const options = rowsOptions(config, factors, portfolios, least);
  return { batch, portfolios, minimumRows: least, ...trainingRows(batch, options) };
}

function prepareValidation(
  config: CAEConfig,
  factors: FactorSource,
  batch: CrossSectionBatch,
  given: FactorReturnSeries | undefined,
  training: Prepared,
): Prepared {
  requireSameColumns('characteristicNames', batch.characteristicNames, training.batch.characteristicNames);
  const portfolios =
    factors === 'managed' ? portfoliosFor(batch, given, { ridge: config.portfolioRidge, required: false }) : undefined;
  const { rows, scales } = trainingRows(
    batch,
    rowsOptions(config, factors, portfolios, training.minimumRows),
    training.scales,
  );
  if (rows.nRows === 0)
    throw new DataError({
      field: 'validation',
      expected: 'at least one date with complete rows',
      found: 'none',
      remedy: 'Pass later dates with returns, or fit without validation.',
    });
  return { batch, portfolios, rows, scales, minimumRows: training.minimumRows };
}

function regressionOf({ factorRidge }: CAEConfig, { minimumRows: least }: Prepared): FactorRegression {
  return { factorRidge, minimumRows: least };
}

function rowsOptions(
  config: CAEConfig,
  factors: FactorSource,
  portfolios: PortfolioReturns | undefined,
  least: number,
) {
  return {
    task: config.taskType,
    // With no more rows than factors a regression on betas fits whatever the betas are; a mini-batch has at least two rows.
    minimumRows: factors === 'regression' ? Math.max(config.nFactors + 1, least) : 2,
    portfolios: portfolios?.values,
  };
}

/** Batch normalisation takes every row of a mini-batch of one row for its own mean: nothing would be trained. */
function requireRowsOfBatch({ batching, batchSize, hiddenUnits }: CAEConfig, rows: number): void {
  const smallest = Math.floor(rows / Math.ceil(rows / batchSize));
  if (batching === 'dates' || smallest > 1 || hiddenUnits.length === 0) return;
  throw new ConfigError({
    field: 'CAEConfig.batchSize',
    expected: "mini-batches of at least 2 rows with batching: 'rows', which batch normalisation needs",
    found: `${batchSize}, with ${rows} rows one of a single row`,
    remedy: 'Raise batchSize: a few hundred rows suit small networks.',
  });
}

function requireUse(config: CAEConfig, given: FactorReturnSeries | undefined): FactorReturnSeries | undefined {
  if (!given || config.factors !== 'regression') return given;
  throw new ConfigError({
    field: 'managedPortfolios',
    expected: "nothing with factors: 'regression'",
    found: `${given.names.length} portfolios`,
    remedy: "Leave them out, or use factors: 'managed'.",
  });
}
