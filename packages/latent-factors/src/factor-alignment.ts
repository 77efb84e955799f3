import { DataError, LatentFactorState } from '@ml4t/core';

/** Which factor of another fit each factor is, and which way round. */
export interface FactorAlignment {
  /** (K): position among a state's factors of what is to become factor j. */
  readonly order: readonly number[];
  /** (K): +1 or -1 for each of them. */
  readonly signs: readonly number[];
}

/**
 * How the factors of a fit match those of another, for instance of the fold before: both orders and signs are conventions, so that
 * factor 2 of one refit may be factor 1 of the next with its sign turned. Pairs are made by the largest `|sum_t f_t g_t|` over the root
 * of both sums of squares, over the dates that both states know, the closest pair first.
 *
 * Only order and signs change: fitted values, forecasts and the identification of each fit stay what they are.
 *
 * @param state of the later fit, on dates of the earlier one (the training dates that the folds share).
 * @param reference of the earlier fit, with as many factors.
 * @throws DataError when the numbers of factors differ, or no date is known to both.
 */
export function factorAlignment(state: LatentFactorState, reference: LatentFactorState): FactorAlignment {
  const { nFactors: k } = state;
  const position = new Map(Array.from(reference.index.timestamps, (time, t) => [time, t] as const));
  const products = new Float64Array(k * k);
  const squares = [new Float64Array(k), new Float64Array(k)];
  let dates = 0;
  if (reference.nFactors === k)
    state.index.timestamps.forEach((time, t) => {
      const other = position.get(time);
      if (other === undefined) return;
      const f = state.factorReturns.subarray(t * k, (t + 1) * k);
      const g = reference.factorReturns.subarray(other * k, (other + 1) * k);
      if (f.some(Number.isNaN) || g.some(Number.isNaN)) return;
      dates++;
      for (let i = 0; i < k; i++) {
        squares[0][i] += f[i] * f[i];
        squares[1][i] += g[i] * g[i];
        for (let j = 0; j < k; j++) products[i * k + j] += f[i] * g[j];
      }
    });
  if (dates === 0)
    throw new DataError({
      field: 'reference',
      expected: `${k} factors with returns on dates that both states know`,
      found: reference.nFactors === k ? 'no common date' : `${reference.nFactors} factors`,
      remedy: 'Extract both fits on dates that they share, such as the training dates of the earlier one.',
    });
  const pairs = Array.from({ length: k * k }, (_, at) => {
    const [i, j] = [Math.floor(at / k), at % k];
    const size = Math.sqrt(squares[0][i] * squares[1][j]);
    return { i, j, closeness: size > 0 ? Math.abs(products[at]) / size : 0 };
  }).sort((a, b) => b.closeness - a.closeness);
  const order = new Array<number>(k).fill(-1);
  const signs = new Array<number>(k).fill(1);
  for (const { i, j } of pairs) {
    if (order[j] >= 0 || order.includes(i)) continue;
    order[j] = i;
    signs[j] = products[i * k + j] < 0 ? -1 : 1;
  }
  return { order, signs };
}

/** The state with its factors in another order and with other signs, exposures and returns alike; names stay with their places. */
export function alignedState(state: LatentFactorState, { order, signs }: FactorAlignment): LatentFactorState {
  const { nFactors: k } = state;
  const turned = (values: Float64Array): Float64Array =>
    values.map((_, at) => signs[at % k] * values[at - (at % k) + order[at % k]]);
  return new LatentFactorState({
    ...state,
    betas: turned(state.betas),
    factorReturns: turned(state.factorReturns),
  });
}
