import { describe, expect, it } from '@jest/globals';
import { PanelIndex } from '../../src/batches/panel-index.ts';
import { PortfolioSequenceBatch } from '../../src/batches/portfolio-sequence.ts';
import { DataError, ShapeError } from '../../src/errors.ts';
import { AssetSignalResult, AssetWeightsResult, StochasticDiscountFactorState } from '../../src/results/asset-level.ts';
import { stopReasonRemedies } from '../../src/results/fit-summary.ts';
import {
  AssetForecastResult,
  FactorForecastResult,
  LatentFactorPrediction,
  LatentFactorState,
  combineBetas,
} from '../../src/results/latent-factors.ts';
import { PortfolioWeightsResult } from '../../src/results/portfolio.ts';

const { NaN: missing } = Number;

/** Dates 1 and 2; asset a and b on the first, b alone on the second. */
const index = new PanelIndex({
  timestamps: Float64Array.of(1, 2),
  rowOffsets: Int32Array.of(0, 2, 3),
  assetIndex: Int32Array.of(0, 1, 1),
  assetIds: ['a', 'b'],
});
const factorReturns = Float64Array.of(1, 10, 2, 20);
const rowState = { index, nFactors: 2, betaLayout: 'row', factorReturns } as const;

describe('LatentFactorState', () => {
  it('fits alpha + beta f row by row', () => {
    const betas = Float64Array.of(1, 0, 0, 1, 1, 1);
    const state = new LatentFactorState({ ...rowState, betas });
    expect([...state.fittedReturns()]).toEqual([1, 10, 22]);
    expect([...state.betasOfRow(1)]).toEqual([0, 1]);
    expect(state.factorNames).toEqual(['factor1', 'factor2']);
    const withAlpha = new LatentFactorState({ ...rowState, betas, alphas: Float64Array.of(0.5, 0, -1) });
    expect([...withAlpha.fittedReturns()]).toEqual([1.5, 10, 21]);
    expect(Object.isFrozen(state)).toBe(true);
  });

  it('shares static loadings among the rows of an asset', () => {
    const state = new LatentFactorState({
      ...rowState,
      betaLayout: 'asset',
      betas: Float64Array.of(1, 0, 0, 1),
      alphas: Float64Array.of(100, 200),
    });
    expect([...state.fittedReturns()]).toEqual([101, 210, 220]);
    expect([0, 1, 2].map((row) => state.unitOfRow(row))).toEqual([0, 1, 1]);
  });

  it('passes missing betas and factor returns on', () => {
    const betas = Float64Array.of(missing, 0, 0, 1, 1, 1);
    const state = new LatentFactorState({ ...rowState, betas, factorReturns: Float64Array.of(1, 10, missing, 20) });
    expect([...state.fittedReturns()]).toEqual([missing, 10, missing]);
    expect([...combineBetas(state, Float64Array.of(0, 2, 3, 4))]).toEqual([missing, 2, 7]);
    expect(() => combineBetas(state, Float64Array.of(1))).toThrow(ShapeError);
  });

  it('refuses arrays of another length', () => {
    const betas = new Float64Array(6);
    expect(() => new LatentFactorState({ ...rowState, betas: new Float64Array(4) })).toThrow(/^betas: /);
    expect(() => new LatentFactorState({ ...rowState, betaLayout: 'asset', betas })).toThrow(/^betas: /);
    expect(() => new LatentFactorState({ ...rowState, betas, alphas: new Float64Array(2) })).toThrow(/^alphas: /);
    expect(() => new LatentFactorState({ ...rowState, betas, factorReturns: new Float64Array(2) })).toThrow(
      /^factorReturns: /,
    );
    expect(() => new LatentFactorState({ ...rowState, betas, factorNames: ['one'] })).toThrow(/^factorNames: /);
  });
});

describe('forecasts', () => {
  const forecast = (checkpoint?: string): FactorForecastResult =>
    new FactorForecastResult({
      timestamps: index.timestamps,
      factorNames: ['x', 'y'],
      premia: new Float64Array(4),
      checkpoint,
    });
  const state = (checkpoint?: string): LatentFactorState =>
    new LatentFactorState({ ...rowState, betas: new Float64Array(6), checkpoint });
  const assets = new AssetForecastResult({ index, expectedReturns: new Float64Array(3) });

  it('carry their shapes', () => {
    expect(forecast().nFactors).toBe(2);
    const short = { timestamps: index.timestamps, factorNames: ['x'], premia: new Float64Array(4) };
    expect(() => new FactorForecastResult(short)).toThrow(/^premia: /);
    expect(() => new AssetForecastResult({ index, expectedReturns: new Float64Array(2) })).toThrow(
      /^expectedReturns: /,
    );
  });

  it('refuse premia of another checkpoint than the betas', () => {
    expect(new LatentFactorPrediction(state('epoch-5'), forecast('epoch-5'), assets).state.checkpoint).toBe('epoch-5');
    expect(() => new LatentFactorPrediction(state('epoch-5'), forecast('epoch-9'), assets)).toThrow(DataError);
    expect(() => new LatentFactorPrediction(state(), forecast('epoch-9'), assets)).toThrow(/\(none\)/);
  });
});

describe('results at asset level', () => {
  it('are columns over the rows of the index', () => {
    const signals = new AssetSignalResult({ index, signals: new Float64Array(3), unit: 'score' });
    expect(signals.signalNames).toEqual(['signal']);
    const two = { index, signals: new Float64Array(6), signalNames: ['up', 'down'], unit: 'probability' } as const;
    expect(new AssetSignalResult(two).signals).toHaveLength(6);
    expect(() => new AssetSignalResult({ ...two, signals: new Float64Array(3) })).toThrow(/^signals: /);
    expect(new AssetWeightsResult({ index, weights: new Float64Array(3) }).index).toBe(index);
    expect(() => new AssetWeightsResult({ index, weights: new Float64Array(1) })).toThrow(/^weights: /);
  });

  it('hold weights by row and the discount factor by date', () => {
    const weights = new Float64Array(3);
    expect(
      new StochasticDiscountFactorState({ index, weights, sdfValues: new Float64Array(2) }).sdfValues,
    ).toHaveLength(2);
    expect(() => new StochasticDiscountFactorState({ index, weights, sdfValues: new Float64Array(3) })).toThrow(
      /^sdfValues: /,
    );
    expect(
      () => new StochasticDiscountFactorState({ index, weights: new Float64Array(2), sdfValues: new Float64Array(2) }),
    ).toThrow(/^weights: /);
  });
});

it('portfolio weights have the axes of their batch', () => {
  const batch = new PortfolioSequenceBatch({ features: [[[[1], [2]]]], timestamps: [1] });
  const result = new PortfolioWeightsResult(batch, Float64Array.of(0.5, 0.5), 'step-10');
  expect([result.nWindows, result.nSteps, result.nAssets, result.checkpoint]).toEqual([1, 1, 2, 'step-10']);
  expect(() => new PortfolioWeightsResult(batch, new Float64Array(3))).toThrow(ShapeError);
});

it('every stop reason has a remedy in words', () => {
  for (const remedy of Object.values(stopReasonRemedies)) expect(remedy.length).toBeGreaterThan(10);
  expect(Object.isFrozen(stopReasonRemedies)).toBe(true);
});
