/** What the slow projection meets: `sum w = net`, `sum |w| <= gross`, `|w| <= cap`, `sum |w - held| <= budget`. */
export interface SlowConstraints {
  readonly gross: number;
  readonly net: number;
  readonly cap: number;
  readonly held?: readonly number[];
  readonly budget?: number;
}

/**
 * The closest point of an intersection of convex sets by Dykstra's alternating projections: slow, and obviously correct. Each
 * set's own projection is a textbook one. Undefined where it has not converged: it can stand still for many rounds and go on
 * then, so it is done when its corrections rest, not when its point does.
 * Sources: Boyle and Dykstra (1986), Lecture Notes in Statistics 37; Birgin and Raydan (2005), SIAM Journal on Scientific Computing 26,
 * on when to stop.
 */
export function slowProjection(
  values: readonly number[],
  constraints: SlowConstraints,
  rounds = 10_000,
): readonly number[] | undefined {
  const { gross, net, cap, held, budget } = constraints;
  const sets: ((x: number[]) => number[])[] = [
    (x) => shiftedBy(x, (net - x.reduce((a, b) => a + b, 0)) / x.length),
    (x) => x.map((v) => Math.min(cap, Math.max(-cap, v))),
    (x) => ontoL1Ball(x, gross),
  ];
  if (held && budget !== undefined)
    sets.push((x) =>
      ontoL1Ball(
        x.map((v, i) => v - held[i]),
        budget,
      ).map((v, i) => v + held[i]),
    );
  let x = [...values];
  const corrections = sets.map(() => x.map(() => 0));
  for (let round = 0; round < rounds; round++) {
    let change = 0;
    sets.forEach((project, k) => {
      const from = x.map((v, i) => v + corrections[k][i]);
      x = project(from);
      const correction = from.map((v, i) => v - x[i]);
      change = Math.max(change, ...correction.map((c, i) => Math.abs(c - corrections[k][i])));
      corrections[k] = correction;
    });
    if (change < 1e-13) return x;
  }
  return undefined;
}

function shiftedBy(x: readonly number[], by: number): number[] {
  return x.map((v) => v + by);
}

/** Source: Held, Wolfe and Crowder (1974): the threshold from the sorted absolute values. */
function ontoL1Ball(x: readonly number[], radius: number): number[] {
  const sizes = x.map(Math.abs).sort((a, b) => b - a);
  let [sum, theta] = [0, 0];
  if (sizes.reduce((a, b) => a + b, 0) <= radius) return [...x];
  sizes.forEach((size, k) => {
    sum += size;
    if (size >= (sum - radius) / (k + 1)) theta = (sum - radius) / (k + 1);
  });
  return x.map((v) => Math.sign(v) * Math.max(0, Math.abs(v) - theta));
}

/** Closest point with `sum |w| = gross` exactly, by trying every one of the 2^N assignments of assets to long and short. */
export function slowExactGross(values: readonly number[], gross: number, net: number, cap: number): number[] {
  let best: number[] = [];
  let least = Infinity;
  for (let sides = 0; sides < 2 ** values.length; sides++) {
    const isLong = values.map((_, i) => ((sides >> i) & 1) === 1);
    const side = (long: boolean): number[] => values.filter((_, i) => isLong[i] === long);
    const long = ontoCappedSimplex(side(true), (gross + net) / 2, cap);
    const short = ontoCappedSimplex(
      side(false).map((v) => -v),
      (gross - net) / 2,
      cap,
    );
    if (!long || !short) continue;
    const [longs, shorts] = [long.values(), short.values()];
    const w = isLong.map((l) => (l ? Number(longs.next().value) : -Number(shorts.next().value)));
    const distance = w.reduce((sum, v, i) => sum + (v - values[i]) ** 2, 0);
    if (distance < least) [least, best] = [distance, w];
  }
  return best;
}

function ontoCappedSimplex(x: readonly number[], total: number, cap: number): number[] | undefined {
  if (x.length * cap < total - 1e-12 || (x.length === 0 && total > 0)) return undefined;
  if (x.length === 0) return [];
  const at = (lambda: number): number[] => x.map((v) => Math.min(cap, Math.max(0, v - lambda)));
  let [low, high] = [Math.min(...x) - cap, Math.max(...x)];
  for (let step = 0; step < 100; step++) {
    const middle = (low + high) / 2;
    if (at(middle).reduce((a, b) => a + b, 0) > total) low = middle;
    else high = middle;
  }
  return at((low + high) / 2);
}
