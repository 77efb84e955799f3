import { NotIdentifiedError, type CrossSectionBatch } from '@ml4t/core';
import type { FloatArray } from '@ml4t/core/authoring';
import type { Engine, ParameterSet, Values } from '@ml4t/core/engine';
import { matrix, multiply, symmetricEigen } from '@ml4t/core/linalg';
import { requireFiniteOutputs, requireFloat32 } from '@ml4t/core/train';
import { identifyFactors, scaleColumns } from '../identification.ts';
import { latentFactorReturns, type FactorRegression } from '../ipca/extract.ts';
import { gainName, networkBetas, networkFactors, type NetworkShape } from './network.ts';
import { EVALUATION_ROWS, type Scales } from './rows.ts';

/** What a member says of a batch, in one system of coordinates: its own in the precision of its engine, or the identified one. */
export interface MemberFactors<Betas extends FloatArray = FloatArray> {
  /** (R x K); NaN where a characteristic is missing. */
  readonly betas: Betas;
  /** (T x K); NaN where the factors are not known. */
  readonly factorReturns: Float64Array;
}

/** Change of coordinates: betas times `betas`, factor returns times `factors`, the inverse transpose; both (K x K). */
export interface Rotation {
  readonly betas: Float64Array;
  readonly factors: Float64Array;
}

/** Exposures and factor returns of the network that an engine holds, in the network's own coordinates and the caller's units. */
export async function networkOutputs(
  engine: Engine,
  parameters: ParameterSet,
  shape: NetworkShape,
  scales: Scales,
  regression: FactorRegression,
  batch: CrossSectionBatch,
  portfolios: Float64Array | undefined,
): Promise<MemberFactors> {
  const betas = await exposures(engine, parameters, shape, batch);
  if (shape.portfolios > 0)
    return { betas, factorReturns: await portfolioFactors(engine, parameters, shape, scales, batch, portfolios) };
  const regressands = batch.factorReturns ? batch.withReturns(batch.factorReturns) : batch;
  const none = { count: 0, values: new Float64Array(0) };
  const factorReturns = latentFactorReturns(regressands, betas, shape.factors, none, regression);
  const gain = shape.gain ? (await parameters.read())[gainName][0] : 1;
  const unit = (gain * scales.target) / scales.regressand;
  if (unit !== 1) for (let i = 0; i < factorReturns.length; i++) factorReturns[i] *= unit;
  return { betas, factorReturns };
}

async function exposures(
  engine: Engine,
  parameters: ParameterSet,
  shape: NetworkShape,
  { nRows, nCharacteristics: p, characteristics, characteristicNames: names }: CrossSectionBatch,
): Promise<Values> {
  const { factors: k, hiddenUnits } = shape;
  requireFloat32('characteristics', characteristics, (at) => `${names[at % p]}, row ${Math.floor(at / p)}`);
  const out = engine.precision === 'float32' ? new Float32Array(nRows * k) : new Float64Array(nRows * k);
  for (let from = 0; from < nRows; from += EVALUATION_ROWS) {
    const to = Math.min(nRows, from + EVALUATION_ROWS);
    const block = characteristics.subarray(from * p, to * p);
    const { betas } = await engine.evaluate((ops) => ({
      betas: networkBetas(ops, parameters.tensors, hiddenUnits.length, ops.constant(block, [to - from, p])),
    }));
    out.set(betas, from * k);
  }
  for (let row = 0; row < nRows; row++) {
    let probe = 0;
    for (let j = row * p; j < (row + 1) * p; j++) probe += 0 * characteristics[j];
    if (probe !== 0) out.fill(Number.NaN, row * k, (row + 1) * k);
    else requireFiniteOutputs('exposures of CAEModel', out.subarray(row * k, (row + 1) * k));
  }
  return out;
}

/** f = W x in the caller's units (T x K); NaN on dates whose portfolios are not known. */
export async function portfolioFactors(
  engine: Engine,
  parameters: ParameterSet,
  { factors: k, portfolios: width }: NetworkShape,
  scales: Scales,
  { nDates }: CrossSectionBatch,
  portfolios: Float64Array | undefined,
): Promise<Float64Array> {
  const out = new Float64Array(nDates * k).fill(Number.NaN);
  if (!portfolios || nDates === 0) return out;
  const scaled = portfolios.map((x, i) => (Number.isFinite(x) ? x / scales.portfolios[i % width] : 0));
  const { factors } = await engine.evaluate((ops) => ({
    factors: networkFactors(ops, parameters.tensors, ops.constant(scaled, [nDates, width])),
  }));
  requireFiniteOutputs('factor returns of CAEModel', factors);
  for (let t = 0; t < nDates; t++)
    if (portfolios.subarray(t * width, (t + 1) * width).every(Number.isFinite))
      for (let j = 0; j < k; j++) out[t * k + j] = scales.target * factors[t * k + j];
  return out;
}

/**
 * The change to identified coordinates on the training panel: the exposures' second moment over rows is the identity, that
 * of the factors over dates diagonal and descending, factor means are non-negative. Undefined when the network has lost a
 * factor, so that its exposures have fewer than K independent columns.
 */
export function identify({ betas, factorReturns }: MemberFactors, k: number): Rotation | undefined {
  const moment = matrix(k, k);
  let rows = 0;
  for (let at = 0; at < betas.length; at += k) {
    if (Number.isNaN(betas[at])) continue;
    rows++;
    for (let i = 0; i < k; i++) for (let j = 0; j < k; j++) moment.data[i * k + j] += betas[at + i] * betas[at + j];
  }
  for (let i = 0; i < k * k; i++) moment.data[i] /= rows;
  const { values, vectors } = symmetricEigen(moment);
  // Exposures come in float32: below this share of the largest, a direction is their rounding.
  if (!(values[k - 1] > 1e-12 * values[0])) return undefined;
  // Roots, not powers, whose last digit differs between versions of V8.
  const up = scaleColumns(vectors, (j) => Math.sqrt(values[j]));
  const down = scaleColumns(vectors, (j) => 1 / Math.sqrt(values[j]));
  const loadings = multiply(up, matrix(k, k, identity(k)), { transposeA: true });
  try {
    const identified = identifyFactors({ loadings, factors: matrix(factorReturns.length / k, k, factorReturns) });
    // With loadings D^(1/2) V' and their identified form X, X'X = I: A = V D^(-1/2) X and A^(-T) = V D^(1/2) X.
    return {
      betas: multiply(down, identified.loadings).data,
      factors: multiply(up, identified.loadings).data,
    };
  } catch (error) {
    if (error instanceof NotIdentifiedError) return undefined;
    throw error;
  }
}

/** Rows of values (n x K) times a K x K matrix; a row with a NaN becomes NaN throughout. */
export function rotate(values: FloatArray, by: Float64Array, k: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let at = 0; at < values.length; at += k)
    for (let j = 0; j < k; j++) {
      let sum = 0;
      for (let i = 0; i < k; i++) sum += values[at + i] * by[i * k + j];
      out[at + j] = sum;
    }
  return out;
}

/** The coordinates as they are. */
export function identity(k: number): Float64Array {
  return Float64Array.from({ length: k * k }, (_, i) => (i % (k + 1) === 0 ? 1 : 0));
}
