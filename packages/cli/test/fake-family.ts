import {
  AssetForecastResult,
  FactorForecastResult,
  type CrossSectionBatch,
  type FitOptions,
  type FitSummary,
} from '@ml4t/core';
import type { TrainedMember } from '@ml4t/core/authoring';
import type { ExperimentBatch, ExperimentEstimator, ExperimentPrediction } from '@ml4t/core/experiment';
import type { FamilyPackage } from '../src/families/packages.ts';

/** Hooks into what the fake family does, for tests of everything around a model. */
export interface FakeBehaviour {
  /** Called before each fit with its number, from 0; may throw or abort. */
  readonly onFit?: (fit: number, options: FitOptions<ExperimentBatch> | undefined) => void;
  /** Members of `level`, each with the mean training return plus its number; no ensemble where absent. */
  readonly ensembleSize?: number;
  /** Called before each member is trained with its number; may throw or abort. */
  readonly onMember?: (member: number) => void;
  readonly notes?: readonly string[];
  /** Rows of a test batch without a forecast. */
  readonly isSilent?: (row: number) => boolean;
}

/**
 * A family of one model, `level`: forecasts the mean training return for every row, and fits each date by a single
 * factor, the mean return of the date. Small enough to compute its results by hand.
 */
export function fakeFamily(behaviour: FakeBehaviour = {}): FamilyPackage {
  let fits = 0;
  return {
    packageName: '@ml4t/fake',
    modelTypes: ['level'],
    load: () =>
      Promise.resolve({
        models: [
          {
            modelType: 'level',
            title: 'Mean return',
            batchKind: 'cross-section',
            task: 'latent-factors',
            configJsonSchema: () => ({ type: 'object' }),
            create: () => Promise.reject(new Error('not used')) as never,
            load: () => Promise.reject(new Error('not used')),
            ...(behaviour.ensembleSize === undefined ? {} : { ensembleSize: () => behaviour.ensembleSize ?? 1 }),
          },
        ],
        forecasterTypes: [],
        createEstimator: () => new LevelEstimator(behaviour, () => fits++),
      }),
  };
}

class LevelEstimator implements ExperimentEstimator {
  private readonly behaviour: FakeBehaviour;
  private readonly nextFit: () => number;
  private level = Number.NaN;
  private training: Float64Array = new Float64Array(0);

  constructor(behaviour: FakeBehaviour, nextFit: () => number) {
    this.behaviour = behaviour;
    this.nextFit = nextFit;
  }

  async fit(batch: ExperimentBatch, options?: FitOptions<ExperimentBatch>): Promise<FitSummary> {
    await Promise.resolve();
    this.behaviour.onFit?.(this.nextFit(), options);
    const panel = batch as CrossSectionBatch;
    return this.summaryAt(mean(panel.requireReturns('level')), panel);
  }

  fitMember(batch: ExperimentBatch, member: number): Promise<TrainedMember> {
    this.behaviour.onMember?.(member);
    const content = { level: mean((batch as CrossSectionBatch).requireReturns('level')) + member };
    const origin = {
      modelType: 'level',
      packageVersion: '0.0.0',
      config: {},
      inputs: {},
      arithmetic: 'none',
      seconds: 0,
    };
    return Promise.resolve({ ...origin, member, content });
  }

  combineMembers(
    batch: ExperimentBatch,
    members: readonly TrainedMember[],
    options?: FitOptions<ExperimentBatch>,
  ): Promise<FitSummary> {
    this.behaviour.onFit?.(this.nextFit(), options);
    const levels = members.map(({ content }) => (content as { level: number }).level);
    return Promise.resolve(this.summaryAt(mean(Float64Array.from(levels)), batch as CrossSectionBatch));
  }

  private summaryAt(level: number, panel: CrossSectionBatch): FitSummary {
    this.level = level;
    this.training = meansByDate(panel);
    return {
      converged: true,
      stopReason: 'closed-form',
      iterations: 0,
      trainMetrics: { level: this.level },
      history: [],
      notes: this.behaviour.notes ?? [],
      runRecord: {
        modelType: 'level',
        packageVersion: '0.0.0',
        config: {},
        engine: 'none',
        dimensions: { dates: panel.nDates },
        stopReason: 'closed-form',
        seconds: 0,
      },
    };
  }

  async predict(batch: ExperimentBatch): Promise<ExperimentPrediction> {
    const panel = batch as CrossSectionBatch;
    const { index } = panel;
    const realised = meansByDate(panel);
    const forecast = new Float64Array(index.nRows).fill(this.level);
    const fitted = new Float64Array(index.nRows);
    for (let t = 0; t < index.nDates; t++) fitted.fill(realised[t], index.rowOffsets[t], index.rowOffsets[t + 1]);
    forecast.forEach((_, row) => {
      if (this.behaviour.isSilent?.(row)) forecast[row] = Number.NaN;
    });
    const { expectedReturns } = new AssetForecastResult({ index, expectedReturns: forecast });
    return {
      columns: { forecast: expectedReturns, fitted },
      factors: {
        realised,
        forecast: new FactorForecastResult({
          timestamps: index.timestamps,
          factorNames: ['level'],
          premia: new Float64Array(index.nDates).fill(this.level),
        }),
      },
      trainingFactors: this.training,
    };
  }
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function meansByDate(panel: CrossSectionBatch): Float64Array {
  const returns = panel.requireReturns('level');
  const { rowOffsets } = panel.index;
  return Float64Array.from({ length: panel.nDates }, (_, t) =>
    mean(returns.subarray(rowOffsets[t], rowOffsets[t + 1])),
  );
}
