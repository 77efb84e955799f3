/** Expected returns as a line in scores. */
export interface ScoreLine {
  readonly intercept: number;
  readonly slope: number;
}

/** Least slope of a line, in deviations of the return over those of the score: so that no line turns an order around. */
const LEAST_SLOPE = 1e-6;

/**
 * `E r = a + b x` by pooled least squares, x the score of a model that orders assets and does not forecast returns: on dates that it was not
 * trained on, since in training a network's scores say more than they will again. A slope below zero, which would turn the
 * model's order around, is next to none. Undefined with fewer than two rows, or scores that are all alike.
 */
export function scoreLine(scores: Float64Array, returns: Float64Array): ScoreLine | undefined {
  let [n, meanX, meanY] = [0, 0, 0];
  const isKnown = (row: number): boolean => !Number.isNaN(scores[row]) && !Number.isNaN(returns[row]);
  for (let row = 0; row < scores.length; row++) {
    if (!isKnown(row)) continue;
    n++;
    meanX += (scores[row] - meanX) / n;
    meanY += (returns[row] - meanY) / n;
  }
  let [xx, xy, yy] = [0, 0, 0];
  for (let row = 0; row < scores.length; row++) {
    if (!isKnown(row)) continue;
    const [dx, dy] = [scores[row] - meanX, returns[row] - meanY];
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
  }
  if (n < 2 || !(xx > 1e-24 * n * meanX * meanX)) return undefined;
  const slope = Math.max(xy / xx, LEAST_SLOPE * Math.sqrt(yy / xx));
  return { intercept: meanY - slope * meanX, slope };
}
