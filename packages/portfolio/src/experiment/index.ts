import {
  ConfigError,
  PortfolioSequenceBatch,
  PortfolioWeightsResult,
  type CrossSectionBatch,
  type PersistentPanelBatch,
  type PortfolioModel,
  type PortfolioPostprocessor,
} from '@ml4t/core';
import { configJsonSchema, parseConfig, type ModelRegistration } from '@ml4t/core/authoring';
import {
  ModelEstimator,
  crossSection,
  familyOfModels,
  type ExperimentBatch,
  type ExperimentPrediction,
  type Family,
  type ModelData,
  type ParsedConfigs,
} from '@ml4t/core/experiment';
import { WeightConstraintPostprocessor, weightConstraintConfigSchema } from '../postprocessor.ts';
import { modelRegistry } from '../registry.ts';
import {
  lookBack,
  panelOf,
  predictionWindows,
  trainingWindows,
  windowsSchema,
  type WindowOptions,
} from './panel-windows.ts';

const constraintsSchema = configJsonSchema(weightConstraintConfigSchema);

/** The models of this package in experiments. */
export const family: Family = familyOfModels(
  modelRegistry.map((model) => withWindows(model, constraintsSchema)),
  (model, { type, config: { windows = {}, constraints } }) =>
    new WindowEstimator(
      model as unknown as PortfolioModel,
      parseConfig(windowsSchema, windows, `${type}.windows`),
      constraints === undefined ? undefined : new WeightConstraintPostprocessor(constraints as object),
    ),
  ownConfig,
);

/** A model's own configuration: without the two keys that the command adds. */
function ownConfig(config: unknown): unknown {
  return Object.fromEntries(
    Object.entries(config as object).filter(([key]) => key !== 'windows' && key !== 'constraints'),
  );
}

/** The registration with the two keys that the command adds to a model's own: `windows` and `constraints`. */
function withWindows(model: ModelRegistration, constraints: Record<string, unknown>): ModelRegistration {
  return {
    ...model,
    ...(model.ensembleSize ? { ensembleSize: (config) => model.ensembleSize?.(ownConfig(config)) ?? 1 } : {}),
    configJsonSchema: () => {
      const own = model.configJsonSchema();
      const windows = configJsonSchema(windowsSchema);
      return { ...own, properties: { windows, constraints, ...(own.properties as object) } };
    },
  };
}

/**
 * A portfolio model on the rows of a panel: cuts windows from them, and brings the weights of the test dates back to rows.
 * What is held before the first test date of a fold is nothing.
 */
class WindowEstimator extends ModelEstimator<PortfolioSequenceBatch, PortfolioModel> {
  private readonly windows: WindowOptions;
  private readonly constraints: PortfolioPostprocessor | undefined;
  /** The last dates of the fit, of validation too, which test dates look back on. */
  private past: readonly CrossSectionBatch[] = [];
  private cappedInTraining = 0;

  constructor(model: PortfolioModel, windows: WindowOptions, constraints: PortfolioPostprocessor | undefined) {
    super(model);
    this.windows = windows;
    this.constraints = constraints;
  }

  override get configs(): ParsedConfigs {
    return { model: { ...this.model.config, windows: this.windows, constraints: this.constraints?.config } };
  }

  protected override dataOf(
    batch: ExperimentBatch,
    validation: ExperimentBatch | undefined,
  ): ModelData<PortfolioSequenceBatch> {
    const train = crossSection(batch);
    const before = lastDates(train, lookBack(this.windows, train));
    const { batch: windows, cappedScales } = trainingWindows(panelOf([train]), this.windows);
    this.cappedInTraining = cappedScales;
    return {
      batch: windows,
      validation:
        validation && trainingWindows(panelOf([before, crossSection(validation)]), this.windows, before.nDates).batch,
    };
  }

  protected override fitted(batch: ExperimentBatch, validation: ExperimentBatch | undefined): Promise<void> {
    const most = lookBack(this.windows, crossSection(batch));
    const later = validation && crossSection(validation);
    const before = later ? Math.max(0, most - later.nDates) : most;
    this.past = [
      ...(before > 0 ? [lastDates(crossSection(batch), before)] : []),
      ...(later ? [lastDates(later, most)] : []),
    ];
    return Promise.resolve();
  }

  override async predict(batch: ExperimentBatch): Promise<ExperimentPrediction> {
    const test = crossSection(batch);
    const panel = panelOf([...this.past, test]);
    const { batch: windows, cappedScales } = predictionWindows(panel, this.windows);
    const { weights } = await this.model.predict(windows);
    const first = panel.nDates - test.nDates;
    const grid = this.constrained(panel, first, byDate(windows, weights, panel, first));
    const { index } = test;
    const column = new Float64Array(index.nRows);
    for (let t = 0; t < index.nDates; t++)
      for (let row = index.rowOffsets[t]; row < index.rowOffsets[t + 1]; row++)
        column[row] = grid.weights[t * index.nAssets + index.assetIndex[row]];
    const notes = [...cappedNote(this.cappedInTraining, 'training'), ...cappedNote(cappedScales, 'test')];
    return { columns: { weight: column }, notes };
  }

  /** The constraints over the test dates in their order, as one window. */
  private constrained(panel: PersistentPanelBatch, first: number, grid: TestGrid): TestGrid {
    if (!this.constraints) return grid;
    const { nDates, nAssets, timestamps, assetIds } = panel;
    const dates = new PortfolioSequenceBatch({
      features: new Float64Array((nDates - first) * nAssets),
      shape: [1, nDates - first, nAssets, 1],
      mask: grid.mask,
      timestamps: timestamps.slice(first),
      assetIds,
    });
    return {
      ...grid,
      weights: this.constraints.transform(dates, new PortfolioWeightsResult(dates, grid.weights)).weights,
    };
  }
}

/** A sentence where volatility scales were cut. */
function cappedNote(count: number, dates: string): string[] {
  if (count === 0) return [];
  return [
    `${count} volatility scales of the ${dates} windows were cut to the bound on them (windows.volatility.maxScale; ten times the usual ` +
      'scale where absent): prices that hardly move.',
  ];
}

/** Weights and mask of the test dates (T x N). */
interface TestGrid {
  readonly weights: Float64Array;
  readonly mask: Uint8Array;
}

/** Each date's weights from the window in which most dates go before it. Throws ConfigError when a date is in none. */
function byDate(
  { nWindows, nSteps, nAssets, timestamps, mask }: PortfolioSequenceBatch,
  weights: Float64Array,
  panel: PersistentPanelBatch,
  first: number,
): TestGrid {
  const position = new Map(Array.from(panel.timestamps.subarray(first), (date, t) => [date, t]));
  const stepOf = new Int32Array(position.size).fill(-1);
  const grid = { weights: new Float64Array(position.size * nAssets), mask: new Uint8Array(position.size * nAssets) };
  for (let row = 0; row < nWindows * nSteps; row++) {
    const t = position.get(timestamps[row]);
    if (t === undefined || stepOf[t] >= row % nSteps) continue;
    stepOf[t] = row % nSteps;
    grid.weights.set(weights.subarray(row * nAssets, (row + 1) * nAssets), t * nAssets);
    grid.mask.set(mask.subarray(row * nAssets, (row + 1) * nAssets), t * nAssets);
  }
  const missing = stepOf.indexOf(-1);
  if (missing >= 0)
    throw new ConfigError({
      field: 'windows.length',
      expected: 'windows that reach every test date',
      found: `none for test date ${missing + 1}`,
      remedy: 'Shorten windows.length or the memory of the volatility, or train on more dates.',
    });
  return grid;
}

function lastDates(batch: CrossSectionBatch, count: number): CrossSectionBatch {
  return batch.slice(Math.max(0, batch.nDates - count));
}
