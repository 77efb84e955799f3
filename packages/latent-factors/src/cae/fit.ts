import { ConfigError, DataError, type CrossSectionBatch, type FitOptions } from '@ml4t/core';
import { requireSameColumns } from '@ml4t/core/authoring';
import { weightsOf, type NetworkTraining } from '@ml4t/core/ensemble';
import type { FactorRegression } from '../ipca/extract.ts';
import type { FactorReturnSeries } from '../ipca/given-factors.ts';
import { minimumRows } from '../minimum-rows.ts';
import type { CAEFit } from './artifact.ts';
import { hasGain, type CAEConfig, type FactorSource } from './config.ts';
import { factorSource } from './factor-source.ts';
import { fitMetrics } from './fit-metrics.ts';
import { portfoliosFor, type PortfolioReturns } from './managed-portfolios.ts';
import { ownOutputs, stateAt, trainMember, type CAEMember } from './members.ts';
import { networkParameters, type NetworkShape } from './network.ts';
import { LoadedRows, requireEnoughRows, rowCounts, trainingRows, type Scales, type TrainingRows } from './rows.ts';

export interface CAEFitOptions extends FitOptions<CrossSectionBatch, 'training'> {
  /**
   * Portfolio returns x_t for the factor network, in place of those made from the batch: (H x L) for at least the training
   * dates, dated as the batch is. Kept with the fit, for `extract`. Not with `factors: 'regression'`.
   */
  readonly managedPortfolios?: FactorReturnSeries | undefined;
}

/** The types of {@link CAEModel}, for its base. */
export interface CAETypes {
  readonly batch: CrossSectionBatch;
  readonly options: CAEFitOptions;
  readonly member: CAEMember;
  readonly fit: CAEFit;
  readonly phase: 'training';
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

/** Prepares a fit: portfolios, rows and scales of the training and validation panels. */
export function prepareFit(
  config: CAEConfig,
  batch: CrossSectionBatch,
  options: CAEFitOptions,
): NetworkTraining<CAETypes> {
  const given = requireUse(config, options.managedPortfolios);
  const source = factorSource(config, batch, given !== undefined);
  const training = prepare(config, source.factors, batch, given);
  requireEnoughRows(training.rows, training.scales, config.nFactors);
  requireRowsOfBatch(config, training.rows.nRows);
  const validation =
    options.validation && prepareValidation(config, source.factors, options.validation, given, training);
  const { scales } = training;
  const regression: FactorRegression = { factorRidge: config.factorRidge, minimumRows: training.minimumRows };
  const shape: NetworkShape = {
    characteristics: batch.nCharacteristics,
    hiddenUnits: config.hiddenUnits,
    factors: config.nFactors,
    portfolios: training.portfolios?.names.length ?? 0,
    gain: hasGain(config, source.factors),
  };
  // Into the engine with the first member that is trained: members that were trained elsewhere need no rows here.
  let loaded: { readonly training: LoadedRows; readonly validation: LoadedRows | undefined } | undefined;
  return {
    specs: networkParameters(shape),
    validated: validation !== undefined,
    dimensions: {
      dates: batch.nDates,
      rows: batch.nRows,
      rowsUsed: training.rows.nRows,
      characteristics: shape.characteristics,
      portfolios: shape.portfolios,
    },
    notes: [...(source.note ? [source.note] : []), ...rowNotes(training)],
    train(engine, run) {
      loaded ??= {
        training: new LoadedRows(engine, training.rows),
        validation: validation && new LoadedRows(engine, validation.rows),
      };
      const portfolios = training.portfolios?.values;
      return trainMember(engine, { config, shape, scales, regression, batch, portfolios, ...loaded }, run);
    },
    release() {
      loaded?.training.release();
      loaded?.validation?.release();
      loaded = undefined;
    },
    keep: (members) => ({
      shape,
      scales,
      regression,
      members: members.map((member) => ({ ...weightsOf(member), rotations: member.rotations })),
      characteristicNames: [...batch.characteristicNames],
      portfolioNames: [...(training.portfolios?.names ?? [])],
      given: given && { names: [...given.names], timestamps: given.timestamps.slice(), values: given.values.slice() },
    }),
    async judge(engine, fit, checkpoint, members) {
      const measure = ({ batch: on, portfolios }: Prepared): Promise<Record<string, number>> =>
        fitMetrics(config.taskType, on, shape.factors, members.length, (m) =>
          ownOutputs(engine, fit, stateAt(fit.members[m], checkpoint), on, portfolios?.values),
        );
      const degenerate = members.filter((member) => member.degenerate.includes(member.checkpoints[checkpoint])).length;
      return {
        trainMetrics: await measure(training),
        ...(validation ? { validationMetrics: await measure(validation) } : {}),
        notes:
          degenerate === 0
            ? []
            : [
                `${degenerate} members use fewer than ${config.nFactors} factors: their coordinates are not identified, their fit is. ` +
                  'Lower lambdaL1 or nFactors.',
              ],
      };
    },
  };
}

/** What a careful user should know about the rows of a panel. */
function rowNotes({ batch, rows: { nRows, nDates, panel, panelRows } }: Prepared): string[] {
  const notes: string[] = [];
  if (nRows < batch.nRows)
    notes.push(`${batch.nRows - nRows} rows with a missing characteristic or return took no part.`);
  if (nDates < batch.nDates) notes.push(`${batch.nDates - nDates} dates without enough complete rows took no part.`);
  let largest = 0;
  for (const row of panelRows)
    for (let i = row * panel.width; i < (row + 1) * panel.width; i++)
      largest = Math.max(largest, Math.abs(panel.values[i]));
  if (largest > 20)
    notes.push(`Characteristics go up to ${largest.toPrecision(3)}: rank-normalise them, or training will be slow.`);
  return notes;
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
