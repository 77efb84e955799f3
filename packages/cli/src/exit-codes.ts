import { Ml4tError, type ErrorCode } from '@ml4t/core';

/** What the `ml4t` command returns to the shell. */
export const exitCodes = Object.freeze({
  /** Done. */
  ok: 0,
  /** A bug in ml4t: run again with --debug and report the stack. */
  bug: 1,
  /** The command line or the experiment file is wrong, or a package that it needs is not installed. */
  config: 2,
  /** The data cannot be read or break the contract of a panel. */
  data: 3,
  /** The results cannot be written. */
  output: 4,
  /** A model cannot be estimated on these data. */
  model: 5,
  /** A worker thread ended without an answer: it exited, threw, ran out of memory or was ended; what others left is kept. */
  worker: 6,
  /** Told to stop by SIGHUP, which is what closing a terminal sends; finished folds are kept. */
  hangup: 129,
  /** Stopped by Ctrl-C; finished folds are kept. */
  aborted: 130,
  /** Told to stop by SIGTERM, which is what schedulers send; finished folds are kept. */
  terminated: 143,
});

const exitCodeOf: Readonly<Record<ErrorCode, number>> = {
  config: exitCodes.config,
  'missing-package': exitCodes.config,
  shape: exitCodes.data,
  data: exitCodes.data,
  source: exitCodes.data,
  artifact: exitCodes.data,
  output: exitCodes.output,
  'not-fitted': exitCodes.model,
  'not-identified': exitCodes.model,
  infeasible: exitCodes.model,
  engine: exitCodes.model,
  worker: exitCodes.worker,
  aborted: exitCodes.aborted,
};

export function exitCodeFor(error: unknown): number {
  return error instanceof Ml4tError ? exitCodeOf[error.code] : exitCodes.bug;
}
