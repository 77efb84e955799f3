import type { ProgressUnit } from '../models/progress.ts';

/** Why a fit or a training run ended. `stopReasonRemedies` says what to do about each that is not a success. */
export type StopReason =
  | 'closed-form'
  | 'converged'
  | 'max-iterations'
  | 'max-epochs'
  | 'early-stopping'
  | 'aborted'
  | 'non-finite-loss'
  | 'non-finite-gradient'
  | 'non-finite-parameters';

export const stopReasonRemedies: Readonly<Record<StopReason, string>> = Object.freeze({
  'closed-form': 'Nothing to do: the solution is exact.',
  converged: 'Nothing to do: the stopping rule was met.',
  'max-iterations':
    'Look at the history: if the last steps still improved, raise the limit of iterations; if not, loosen the tolerance or make the model smaller.',
  'max-epochs': 'Look at the history: if the validation metric still improves, raise the number of epochs.',
  'early-stopping': 'Nothing to do: the validation metric stopped improving and the best state was kept.',
  aborted:
    'The caller aborted training. The checkpoints of the epochs it finished can be used; fit again for the rest.',
  'non-finite-loss':
    'The loss was not a finite number in several steps running. Look for extreme values in the inputs, scale them, or lower the learning rate.',
  'non-finite-gradient':
    'The loss was finite but its gradient was not, in several steps running. Lower the learning rate or set a gradient clip.',
  'non-finite-parameters': 'A step made weights that are not finite. Lower the learning rate.',
});

/** Whether a reason is a failure of the arithmetic: the weights are those before it. */
export function isNonFinite(reason: StopReason): boolean {
  return reason.startsWith('non-finite');
}

/** Everything needed to say what produced a fit, kept with the model and in its artifact. JSON-serialisable. */
export interface FitRunRecord {
  readonly modelType: string;
  readonly packageVersion: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** What did the arithmetic, for example `wasm-simd`. */
  readonly engine: string;
  /** Sizes of the training batch: dates, rows, assets, characteristics, … */
  readonly dimensions: Readonly<Record<string, number>>;
  readonly stopReason: StopReason;
  /** Wall-clock seconds. */
  readonly seconds: number;
}

/** One line of a training history, in the words of the event that reported it. */
export interface HistoryEntry {
  /** From 0, in ensembles. */
  readonly member?: number | undefined;
  /** 'training' where there is but one. */
  readonly phase: string;
  readonly unit: ProgressUnit;
  /** From 1 within its phase. */
  readonly step: number;
  /** Finite numbers, such as a loss. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** Without entries that are undefined or not finite: a record is JSON, and what is not known is not a number. */
export function onlyFinite(entry: Readonly<Record<string, number | undefined>>): Record<string, number> {
  const isKnown = (pair: [string, number | undefined]): pair is [string, number] => Number.isFinite(pair[1]);
  return Object.fromEntries(Object.entries(entry).filter(isKnown));
}

/**
 * What `fit` returns. Metrics are fractions (an R2 of 0.4), not percent; `Metrics` names those of a model, so that a misspelt one
 * does not compile.
 */
export interface FitSummary<Metrics extends Readonly<Record<string, number>> = Readonly<Record<string, number>>> {
  readonly converged: boolean;
  readonly stopReason: StopReason;
  /** Iterations or epochs made; 0 for closed forms. */
  readonly iterations: number;
  readonly trainMetrics: Metrics;
  readonly validationMetrics?: Metrics | undefined;
  /** The checkpoint that `extract` and `predict` use when none is asked for. */
  readonly defaultCheckpoint?: string | undefined;
  readonly history: readonly HistoryEntry[];
  /** Anything a careful user should know, in plain sentences. */
  readonly notes: readonly string[];
  readonly runRecord: FitRunRecord;
}
