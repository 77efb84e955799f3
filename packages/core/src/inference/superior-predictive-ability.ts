import { DataError } from '../errors.ts';
import { Random } from '../random/random.ts';
import { dateBootstrap, requireSameLength, type DateBootstrapOptions } from './comparison-input.ts';
import { stationaryResample } from './stationary-bootstrap.ts';

/** Whether any of several models is better than a benchmark, allowing for how many were tried. */
export interface SuperiorPredictiveAbility {
  /** Of the largest studentised advantage. */
  readonly statistic: number;
  /** Model with it. */
  readonly best: number;
  /** p-value of "no model is better", with models that are clearly worse left out of the null: Hansen's consistent one. */
  readonly pValue: number;
  /** With all of them at their means (liberal), and with none (White's reality check, conservative). */
  readonly lower: number;
  readonly upper: number;
}

/**
 * Hansen's test of superior predictive ability. With d_kt = loss of the benchmark - loss of model k, w_k^2 the long-run variance of
 * its mean under the stationary bootstrap,
 *
 * T = max_k max(sqrt(n) mean(d_k) / w_k, 0), compared with max_k max(sqrt(n) (mean*(d_k) - g(mean(d_k))) / w_k, 0),
 *
 * g(x) = x, max(x, 0), or x where x >= -w_k sqrt(2 log log n / n) (upper, lower, consistent) and 0 elsewhere.
 *
 * @param benchmark losses of the benchmark by date (n)
 * @param models losses of each model (n each), on the same dates; no date may be without one
 * @throws DataError for missing losses; ShapeError for other lengths
 * Source: Hansen (2005), "A test for superior predictive ability", Journal of Business & Economic Statistics 23; variance by Politis and
 * Romano's kernel, as there.
 */
export function superiorPredictiveAbility(
  benchmark: Float64Array,
  models: readonly Float64Array[],
  options: DateBootstrapOptions = {},
): SuperiorPredictiveAbility {
  const n = benchmark.length;
  const { draws, blockLength, seed } = dateBootstrap(n, options);
  requireLosses('benchmark', benchmark);
  const advantages = models.map((losses, k) => {
    requireSameLength(`models[${k}]`, benchmark, losses);
    requireLosses(`models[${k}]`, losses);
    return losses.map((loss, t) => benchmark[t] - loss);
  });
  const means = advantages.map(meanOf);
  const deviations = advantages.map((values, k) => Math.sqrt(kernelVariance(values, means[k], blockLength)));
  const root = Math.sqrt(n);
  const scores = means.map((mean, k) => (deviations[k] > 0 ? (root * mean) / deviations[k] : 0));
  const best = scores.reduce((at, score, k) => (score > scores[at] ? k : at), 0);
  const statistic = Math.max(scores[best] ?? 0, 0);
  const bound = Math.sqrt((2 * Math.log(Math.log(n))) / n);
  const centres = {
    lower: means.map((mean) => Math.max(mean, 0)),
    pValue: means.map((mean, k) => (mean >= -deviations[k] * bound ? mean : 0)),
    upper: means,
  };
  const beyond = { lower: 0, pValue: 0, upper: 0 };
  const random = new Random(seed);
  const at = new Int32Array(n);
  for (let draw = 0; draw < draws; draw++) {
    stationaryResample(n, blockLength, random, at);
    const resampled = advantages.map((values) => {
      let sum = 0;
      for (let t = 0; t < n; t++) sum += values[at[t]];
      return sum / n;
    });
    for (const kind of ['lower', 'pValue', 'upper'] as const) {
      let largest = 0;
      for (let k = 0; k < resampled.length; k++)
        if (deviations[k] > 0) largest = Math.max(largest, (root * (resampled[k] - centres[kind][k])) / deviations[k]);
      if (largest >= statistic) beyond[kind]++;
    }
  }
  const share = (count: number): number => (1 + count) / (1 + draws);
  return { statistic, best, pValue: share(beyond.pValue), lower: share(beyond.lower), upper: share(beyond.upper) };
}

/** Models that are not distinguishable from the best. */
export interface ModelConfidenceSet {
  /** By model: the set at level alpha holds those with a p-value of at least alpha. */
  readonly pValues: Float64Array;
  /** Models in the order in which they left: the worst first, the best last. */
  readonly eliminated: readonly number[];
}

/**
 * The model confidence set: models leave one by one, as long as equal accuracy of those left is rejected. By default with the
 * range statistic T_R = max_{i,j} |mean(d_ij)| / sd(d_ij), d_ij the difference of losses; the model with the largest
 * mean(d_ij) / sd(d_ij) over j leaves. Standard deviations and the distribution of T_R are those of the stationary bootstrap.
 *
 * @param models losses by date of each model (n each); no date may be without one
 * @throws DataError for missing losses, or fewer than two models; ShapeError for other lengths
 * Source: Hansen, Lunde and Nason (2011), "The model confidence set", Econometrica 79, sections 2 and 3.1.2.
 */
export function modelConfidenceSet(
  models: readonly Float64Array[],
  options: DateBootstrapOptions = {},
): ModelConfidenceSet {
  const m = models.length;
  if (m < 2)
    throw new DataError({
      field: 'models',
      expected: 'losses of at least two models',
      found: String(m),
      remedy: 'Compare models; of one there is nothing to say.',
    });
  const n = models[0].length;
  const { draws, blockLength, seed } = dateBootstrap(n, options);
  models.forEach((losses, k) => {
    requireSameLength(`models[${k}]`, models[0], losses);
    requireLosses(`models[${k}]`, losses);
  });
  const means = models.map(meanOf);
  const resampled = resampledMeans(models, draws, blockLength, seed);
  const deviation = pairDeviations(means, resampled);
  const pValues = new Float64Array(m);
  const eliminated: number[] = [];
  let left = models.map((_, k) => k);
  let highest = 0;
  while (left.length > 1) {
    const scores = left.map((i) =>
      left.reduce(
        (most, j) => (i === j ? most : Math.max(most, ratio(means[i] - means[j], deviation[i * m + j]))),
        -Infinity,
      ),
    );
    const statistic = Math.max(...scores);
    let beyond = 0;
    for (let draw = 0; draw < draws; draw++) {
      let largest = 0;
      for (const i of left)
        for (const j of left)
          if (i < j) {
            const shift = resampled[i][draw] - resampled[j][draw] - (means[i] - means[j]);
            largest = Math.max(largest, Math.abs(ratio(shift, deviation[i * m + j])));
          }
      if (largest >= statistic) beyond++;
    }
    highest = Math.max(highest, (1 + beyond) / (1 + draws));
    const worst = left[scores.indexOf(statistic)];
    pValues[worst] = highest;
    eliminated.push(worst);
    left = left.filter((k) => k !== worst);
  }
  pValues[left[0]] = 1;
  return { pValues, eliminated: [...eliminated, left[0]] };
}

function resampledMeans(
  models: readonly Float64Array[],
  draws: number,
  blockLength: number,
  seed: number,
): Float64Array[] {
  const n = models[0].length;
  const random = new Random(seed);
  const at = new Int32Array(n);
  const means = models.map(() => new Float64Array(draws));
  for (let draw = 0; draw < draws; draw++) {
    stationaryResample(n, blockLength, random, at);
    models.forEach((losses, k) => {
      let sum = 0;
      for (let t = 0; t < n; t++) sum += losses[at[t]];
      means[k][draw] = sum / n;
    });
  }
  return means;
}

/** Standard deviation over resamples of the difference of each pair's means (M x M). */
function pairDeviations(means: readonly number[], resampled: readonly Float64Array[]): Float64Array {
  const m = means.length;
  const out = new Float64Array(m * m);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < i; j++) {
      let squares = 0;
      for (let draw = 0; draw < resampled[i].length; draw++) {
        const shift = resampled[i][draw] - resampled[j][draw] - (means[i] - means[j]);
        squares += (shift * shift) / resampled[i].length;
      }
      out[i * m + j] = out[j * m + i] = Math.sqrt(squares);
    }
  return out;
}

/** 0 for models whose losses never differ. */
function ratio(difference: number, deviation: number): number {
  return deviation > 0 ? difference / deviation : 0;
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Long-run variance with the weights that the stationary bootstrap has in expectation; Politis and Romano (1994), lemma 1. */
function kernelVariance(values: Float64Array, mean: number, blockLength: number): number {
  const n = values.length;
  const goesOn = 1 - 1 / blockLength;
  let [total, near] = [0, 1];
  for (let lag = 0; lag < n; lag++) {
    let covariance = 0;
    for (let t = lag; t < n; t++) covariance += ((values[t] - mean) * (values[t - lag] - mean)) / n;
    if (lag === 0) total += covariance;
    else {
      near *= goesOn;
      const far = wholePower(goesOn, n - lag);
      total += 2 * (((n - lag) / n) * near + (lag / n) * far) * covariance;
    }
  }
  return total;
}

function wholePower(base: number, exponent: number): number {
  let [result, factor, left] = [1, base, exponent];
  for (; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result *= factor;
    factor *= factor;
  }
  return result;
}

function requireLosses(field: string, losses: Float64Array): void {
  const at = losses.findIndex((loss) => !Number.isFinite(loss));
  if (at < 0 && losses.length > 1) return;
  throw new DataError({
    field,
    expected: 'a loss for every date, and at least two dates',
    found: at < 0 ? String(losses.length) : `${losses[at]} at date ${at}`,
    remedy: 'Compare all models over the dates on which each has a forecast.',
  });
}
