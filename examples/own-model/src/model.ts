import {
  AssetSignalResult,
  DataError,
  type AssetPredictionModel,
  type CrossSectionBatch,
  type ExtractOptions,
  type FitSummary,
} from '@ml4t/core';
import { ClosedFormModel, parseConfig, requirePredictArguments, type Estimation } from '@ml4t/core/authoring';
import {
  artifactArray,
  loadArtifact,
  readSummary,
  type ArtifactContent,
  type ArtifactSource,
} from '@ml4t/core/persist';
import * as z from 'zod';

export const nearestNeighboursConfigSchema = z.strictObject({
  neighbours: z.int().min(1).default(50).describe('training rows that a forecast is the mean return of'),
});

export type NearestNeighboursConfig = Readonly<z.output<typeof nearestNeighboursConfigSchema>>;

/** Throws ConfigError. */
export function parseNearestNeighboursConfig(input: unknown): NearestNeighboursConfig {
  return parseConfig(nearestNeighboursConfigSchema, input, 'NearestNeighboursConfig');
}

interface NearestNeighboursFit {
  /** (R x P), row-major: training rows whose return and characteristics are all known. */
  readonly characteristics: Float64Array;
  /** (R): the return that followed each. */
  readonly returns: Float64Array;
  readonly characteristicNames: readonly string[];
  readonly summary: FitSummary;
}

/**
 * The mean return of the k training rows whose characteristics are nearest, in Euclidean distance; the earlier row where two are as far.
 *
 *     f(z) = (1 / k) sum over the k nearest z_j of r_j
 *
 * Source: Fix and Hodges (1951); Stone (1977), "Consistent nonparametric regression".
 */
export class NearestNeighboursModel
  extends ClosedFormModel<CrossSectionBatch, NearestNeighboursFit>
  implements AssetPredictionModel
{
  readonly modelType = 'nearest-neighbours';
  readonly config: NearestNeighboursConfig;
  protected readonly packageVersion = '0.0.0';
  protected override readonly batchKind = 'cross-section';

  /** Throws ConfigError. */
  constructor(config: Partial<NearestNeighboursConfig> = {}) {
    super();
    this.config = parseNearestNeighboursConfig(config);
  }

  /** Throws DataError when fewer rows are known than there are neighbours. */
  protected estimate(batch: CrossSectionBatch): Estimation<NearestNeighboursFit> {
    const { nCharacteristics: p, characteristics, characteristicNames, nRows } = batch;
    const earned = batch.requireReturns('NearestNeighboursModel.fit');
    const known = Array.from({ length: nRows }, (_, row) => row).filter(
      (row) => !Number.isNaN(earned[row]) && !characteristics.subarray(row * p, (row + 1) * p).some(Number.isNaN),
    );
    const { neighbours } = this.config;
    if (known.length < neighbours)
      throw new DataError({
        field: 'batch',
        expected: `at least ${neighbours} rows with a return and all characteristics`,
        found: String(known.length),
        remedy: 'Ask for fewer neighbours, or fill what is missing.',
      });
    const own = new Float64Array(known.length * p);
    known.forEach((row, i) => own.set(characteristics.subarray(row * p, (row + 1) * p), i * p));
    return {
      fit: { characteristics: own, returns: Float64Array.from(known, (row) => earned[row]), characteristicNames },
      report: {
        stopReason: 'closed-form',
        trainMetrics: {},
        notes: known.length < nRows ? [`${nRows - known.length} rows are not wholly known and were left out`] : [],
        engine: 'float64',
        dimensions: { rows: known.length, characteristics: p, neighbours },
      },
    };
  }

  /** Expected returns (R); NaN where a characteristic is missing. Throws NotFittedError, DataError for other characteristics. */
  predict(batch: CrossSectionBatch, options: ExtractOptions = {}): Promise<AssetSignalResult> {
    return Promise.resolve().then(() => {
      const fit = this.requireFit('predict');
      requirePredictArguments(batch, options, { operation: 'NearestNeighboursModel.predict', kind: 'cross-section' });
      const { nCharacteristics: p, characteristicNames: names } = batch;
      if (names.join() !== fit.characteristicNames.join())
        throw new DataError({
          field: 'batch.characteristicNames',
          expected: fit.characteristicNames.join(', '),
          found: names.join(', '),
          remedy: 'Pass the characteristics that the model was fitted on, in their order.',
        });
      const signals = Float64Array.from({ length: batch.nRows }, (_, row) =>
        this.#meanReturn(fit, batch.characteristics.subarray(row * p, (row + 1) * p)),
      );
      return new AssetSignalResult({ index: batch.index, signals, unit: 'return' });
    });
  }

  #meanReturn({ characteristics, returns }: NearestNeighboursFit, at: ArrayLike<number>): number {
    const p = at.length;
    const distances = Float64Array.from(returns, (_, row) => {
      let sum = 0;
      for (let j = 0; j < p; j++)
        sum += (characteristics[row * p + j] - at[j]) * (characteristics[row * p + j] - at[j]);
      return sum;
    });
    if (distances.some(Number.isNaN)) return Number.NaN;
    const { neighbours } = this.config;
    const nearest = Array.from(distances.keys()).sort((a, b) => distances[a] - distances[b] || a - b);
    return nearest.slice(0, neighbours).reduce((sum, row) => sum + returns[row], 0) / neighbours;
  }

  protected contentOf(fit: NearestNeighboursFit): Pick<ArtifactContent, 'state' | 'arrays'> {
    const { characteristics, returns, characteristicNames } = fit;
    return {
      state: { characteristicNames },
      arrays: {
        characteristics: { shape: [returns.length, characteristicNames.length], data: characteristics },
        returns: { shape: [returns.length], data: returns },
      },
    };
  }

  /** Reads an artifact that `save` wrote. Throws ArtifactError. */
  static async load(source: ArtifactSource): Promise<NearestNeighboursModel> {
    const artifact = await loadArtifact(source, {
      modelType: 'nearest-neighbours',
      arrays: ['characteristics', 'returns'],
    });
    const { characteristicNames } = savedState.parse(artifact.state);
    const rows = artifact.arrays.returns.data.length;
    const model = new NearestNeighboursModel(parseNearestNeighboursConfig(artifact.config));
    model.restore({
      characteristics: artifactArray(artifact, 'characteristics', 'F64', [rows, characteristicNames.length]),
      returns: artifactArray(artifact, 'returns', 'F64', [rows]),
      characteristicNames,
      summary: readSummary(artifact),
    });
    return model;
  }
}

const savedState = z.strictObject({ characteristicNames: z.array(z.string()) });
