/** Rows of about equal predicted probability, and how often they were positive. */
export interface CalibrationBin {
  readonly count: number;
  readonly meanProbability: number;
  readonly frequency: number;
}

/** Predicted probabilities of one label against frequencies, by tenths of the rows in the order of prediction. */
export interface CalibrationTable {
  readonly label: string;
  /** From the lowest predictions to the highest. */
  readonly bins: readonly CalibrationBin[];
  /** Mean over rows of |frequency - mean probability| of their bin. */
  readonly expectedError: number;
}

/** `labels` are 0 or 1; pairs with a NaN are left out. Fewer than `bins` pairs give fewer bins. */
export function calibrationTable(
  label: string,
  labels: Float64Array,
  probabilities: Float64Array,
  bins = 10,
): CalibrationTable {
  const known = Array.from(labels.keys()).filter(
    (i) => labels[i] === labels[i] && probabilities[i] === probabilities[i],
  );
  const order = Int32Array.from(known).sort((a, b) => probabilities[a] - probabilities[b]);
  const table: CalibrationBin[] = [];
  let error = 0;
  for (let b = 0; b < bins; b++) {
    const members = order.subarray(Math.floor((b * order.length) / bins), Math.floor(((b + 1) * order.length) / bins));
    if (members.length === 0) continue;
    let sum = 0;
    let positives = 0;
    for (const i of members) {
      sum += probabilities[i];
      positives += labels[i];
    }
    table.push({
      count: members.length,
      meanProbability: sum / members.length,
      frequency: positives / members.length,
    });
    error += Math.abs(sum - positives);
  }
  return { label, bins: table, expectedError: error / order.length };
}
