import { CrossSectionBatch, PersistentPanelBatch, PortfolioSequenceBatch, Random } from '@ml4t/core';
import type { ModelRegistration } from '@ml4t/core/authoring';
import { modelRegistry as latentFactors } from '@ml4t/latent-factors';
import { modelRegistry as portfolio } from '@ml4t/portfolio';
import { modelRegistry as sae } from '@ml4t/sae';
import { modelRegistry as sdf } from '@ml4t/sdf';

/** Every model there is. */
export const registrations: readonly ModelRegistration[] = [...latentFactors, ...sae, ...sdf, ...portfolio];

const random = new Random(7);
const numbers = (length: number, scale = 1): Float64Array =>
  Float64Array.from({ length }, () => scale * random.normal());
const dates = (count: number): Float64Array => Float64Array.from({ length: count }, (_, t) => t * 86_400_000);
const [T, N, P] = [10, 6, 3];

/** What small valid batches are made of, by kind. */
export const valid = {
  'cross-section': {
    timestamps: dates(T),
    rowOffsets: Int32Array.from({ length: T + 1 }, (_, t) => t * N),
    assetIndex: Int32Array.from({ length: T * N }, (_, row) => row % N),
    assetIds: Array.from({ length: N }, (_, i) => `a${i}`),
    characteristicNames: ['size', 'value', 'momentum'],
    characteristics: numbers(T * N * P),
    returns: numbers(T * N, 0.02),
    contextNames: ['rate'],
    contextFeatures: numbers(T),
    returnHorizon: 1,
    realisationLag: 1,
  },
  'persistent-panel': {
    timestamps: dates(20),
    assetIds: Array.from({ length: N }, (_, i) => `a${i}`),
    returns: numbers(20 * N, 0.02),
    characteristicNames: ['size'],
    characteristics: numbers(20 * N),
  },
  'portfolio-sequence': {
    shape: [4, 6, 3, 2],
    features: numbers(4 * 6 * 3 * 2),
    forwardReturns: numbers(4 * 6 * 3, 0.02),
    volScale: numbers(4 * 6 * 3).map((x) => x * x + 0.1),
    mask: new Uint8Array(4 * 6 * 3).fill(1),
    prevWeights: numbers(4 * 3, 0.1),
    costs: Float64Array.of(0.001, 0.002, 0),
    groupIds: Int32Array.of(0, 1, 1),
    timestamps: dates(6),
    assetIds: ['a', 'b', 'c'],
    featureNames: ['f', 'g'],
  },
} as const;

export const build = {
  'cross-section': (init: unknown) =>
    CrossSectionBatch.fromArrays(init as Parameters<typeof CrossSectionBatch.fromArrays>[0]),
  'persistent-panel': (init: unknown) =>
    new PersistentPanelBatch(init as ConstructorParameters<typeof PersistentPanelBatch>[0]),
  'portfolio-sequence': (init: unknown) =>
    new PortfolioSequenceBatch(init as ConstructorParameters<typeof PortfolioSequenceBatch>[0]),
} as const;

export type Kind = keyof typeof build;
export const kinds = Object.keys(build) as Kind[];

/** What makes each model small enough to be fitted in a moment; whatever it calls its own lengths and widths. */
export function smallConfig({ configJsonSchema }: ModelRegistration): Record<string, unknown> {
  const small: Record<string, unknown> = {
    nFactors: 2, nEnsemble: 1, nMembers: 1, ensembleSize: 1, nEpochs: 1, nEpochsUnc: 1, nEpochsMoment: 1, nEpochsCond: 1, maxIters: 2,
    nSteps: 2, epochs: 1, hiddenSize: 2, vvsnHiddenDim: 2, hiddenDim: 2, dModel: 4, threads: 1,
  }; // prettier-ignore
  const known = Object.keys((configJsonSchema() as { properties?: object }).properties ?? {});
  return Object.fromEntries(Object.entries(small).filter(([key]) => known.includes(key)));
}

/** A model of a registration, whichever kind it is of. */
export interface AnyModel {
  readonly config: object;
  fit(batch: unknown, options?: object): Promise<{ readonly trainMetrics: Readonly<Record<string, number>> }>;
  save(path: string): Promise<void>;
  extract?(batch: unknown): Promise<object>;
  predict?(batch: unknown): Promise<object>;
}

export const apply = (model: AnyModel, batch: unknown): Promise<object> =>
  model.predict ? model.predict(batch) : (model.extract as NonNullable<AnyModel['extract']>).call(model, batch);
