/** What decides which epoch is best and when to stop. */
export interface EarlyStoppingOptions {
  /** Whether a smaller or a larger criterion is better. Default `minimize`. */
  readonly goal?: 'minimize' | 'maximize';
  /** Epochs without improvement before stopping; null or not set: never. */
  readonly patience?: number | null;
  /** An improvement is more than this. Default 0. */
  readonly minimumImprovement?: number;
  /** Weight of the past in an exponential average of the criterion, in [0, 1). Default 0: no smoothing. */
  readonly smoothing?: number;
  /** Epochs at the start that can be neither best nor a reason to stop. Default 0. */
  readonly ignoreFirst?: number;
}

/**
 * Watches a criterion. When it is smoothed, the smoothed value is compared with the best *smoothed* value: comparing a lagging
 * average with the best raw value would call a criterion that improves at every step a failure.
 */
export class EarlyStopping {
  readonly #options: EarlyStoppingOptions;
  #average = 0;
  #weight = 0;
  #best: number | undefined;
  #bestEpoch = 0;

  constructor(options: EarlyStoppingOptions = {}) {
    this.#options = options;
  }

  /** Takes the criterion after an epoch; says whether the epoch is the best so far and whether to stop. */
  observe(epoch: number, criterion: number): { readonly best: boolean; readonly stop: boolean } {
    const { goal = 'minimize', patience, minimumImprovement = 0, smoothing = 0, ignoreFirst = 0 } = this.#options;
    if (Number.isFinite(criterion)) {
      // Started at zero and divided by the weight given so far, so that early averages are not pulled to zero.
      this.#average = smoothing * this.#average + (1 - smoothing) * criterion;
      this.#weight = smoothing * this.#weight + (1 - smoothing);
    }
    if (epoch <= ignoreFirst) {
      this.#bestEpoch = epoch;
      return { best: false, stop: false };
    }
    const value = (goal === 'minimize' ? -1 : 1) * (this.#average / this.#weight);
    const improved =
      Number.isFinite(criterion) && (this.#best === undefined || value > this.#best + minimumImprovement);
    if (improved) {
      this.#best = value;
      this.#bestEpoch = epoch;
    }
    return { best: improved, stop: epoch - this.#bestEpoch >= (patience ?? Infinity) };
  }
}
