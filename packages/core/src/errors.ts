/** What every error of the library carries, so that a person and a program can both act on it. */
export interface ErrorDetail {
  /** The argument, column, config key, file or state that is wrong, as the caller names it: `characteristics[3]`. */
  readonly field: string;
  /** What the contract asks for. */
  readonly expected: string;
  /** What was there instead. */
  readonly found: string;
  /** What to do about it. */
  readonly remedy: string;
  readonly cause?: unknown;
}

/** A stable, machine-readable name for each kind of failure. */
export type ErrorCode =
  | 'config'
  | 'shape'
  | 'data'
  | 'not-fitted'
  | 'not-identified'
  | 'infeasible'
  | 'aborted'
  | 'artifact'
  | 'source'
  | 'output'
  | 'engine'
  | 'worker'
  | 'missing-package';

/** An error as plain JSON: what `toJSON` gives and `Ml4tError.fromJSON` takes. */
export interface ErrorJSON extends Omit<ErrorDetail, 'cause'> {
  /** The name of its class. */
  readonly name: string;
  readonly code: ErrorCode;
  readonly message: string;
  /** What it was caused by: an error of the library as its own JSON, any other by name and message. */
  readonly cause?: ErrorJSON | { readonly name: string; readonly message: string };
}

/**
 * Root of every error the library throws on purpose.
 * The message is one line: `field: expected …, found …. Remedy.`
 */
export class Ml4tError extends Error implements ErrorDetail {
  override readonly name: string = 'Ml4tError';
  readonly code: ErrorCode;
  readonly field: string;
  readonly expected: string;
  readonly found: string;
  readonly remedy: string;

  constructor(code: ErrorCode, detail: ErrorDetail) {
    super(
      `${detail.field}: expected ${detail.expected}, found ${detail.found}. ${detail.remedy}`,
      detail.cause === undefined ? undefined : { cause: detail.cause },
    );
    this.code = code;
    this.field = detail.field;
    this.expected = detail.expected;
    this.found = detail.found;
    this.remedy = detail.remedy;
  }

  toJSON(): ErrorJSON {
    const { name, code, field, expected, found, remedy, message, cause } = this;
    const json = { name, code, field, expected, found, remedy, message };
    if (!(cause instanceof Error)) return json;
    return {
      ...json,
      cause: cause instanceof Ml4tError ? cause.toJSON() : { name: cause.name, message: cause.message },
    };
  }

  /**
   * The error that `toJSON` was called on, in another thread, process or machine: of the same class, with the same text and
   * causes. Its stack is that of this call.
   * Throws ConfigError for what is not the JSON of an error of the library.
   */
  static fromJSON(json: ErrorJSON): Ml4tError {
    const isKnown = typeof json === 'object' && json !== null && Object.hasOwn(errorClasses, json.code);
    if (!isKnown || [json.field, json.expected, json.found, json.remedy].some((text) => typeof text !== 'string'))
      throw new ConfigError({
        field: 'json',
        expected: 'what `toJSON` of an error of the library gives',
        found: describe(json),
        remedy: 'Pass it as it was given.',
      });
    const { code, field, expected, found, remedy } = json;
    const error = new Ml4tError(code, { field, expected, found, remedy, cause: causeFrom(json.cause) });
    // Some classes are made from other arguments than these; an instance of one is what its prototype says.
    const [name, Class] = errorClasses[code];
    Object.setPrototypeOf(error, Class.prototype as object);
    return Object.assign(error, { name });
  }
}

function causeFrom(cause: ErrorJSON['cause']): Error | undefined {
  if (cause === undefined) return undefined;
  if ('code' in cause) return Ml4tError.fromJSON(cause);
  const error = new Error(cause.message);
  return Object.defineProperty(error, 'name', { value: cause.name, configurable: true, writable: true });
}

/** A configuration key is unknown, missing, of the wrong type or out of range. */
export class ConfigError extends Ml4tError {
  override readonly name = 'ConfigError';
  constructor(detail: ErrorDetail) {
    super('config', detail);
  }
}

/** An array does not have the shape that its contract promises. */
export class ShapeError extends Ml4tError {
  override readonly name = 'ShapeError';
  constructor(detail: ErrorDetail) {
    super('shape', detail);
  }
}

/** Values break the contract: not finite, duplicated, unsorted, unknown, or too few. */
export class DataError extends Ml4tError {
  override readonly name = 'DataError';
  constructor(detail: ErrorDetail) {
    super('data', detail);
  }
}

/** `extract`, `predict` or `save` was called on a model that has no fit. */
export class NotFittedError extends Ml4tError {
  override readonly name = 'NotFittedError';
  constructor(model: string, operation: string) {
    super('not-fitted', {
      field: `${model}.${operation}`,
      expected: 'a fitted model',
      found: 'no fit',
      remedy: 'Call `await model.fit(batch)` first, or load a saved artifact.',
    });
  }
}

/** The data cannot determine the parameters asked for: rank too low, too few dates or assets. */
export class NotIdentifiedError extends Ml4tError {
  override readonly name = 'NotIdentifiedError';
  constructor(detail: ErrorDetail) {
    super('not-identified', detail);
  }
}

/** Constraints that no point satisfies. */
export class InfeasibleError extends Ml4tError {
  override readonly name = 'InfeasibleError';
  constructor(detail: ErrorDetail) {
    super('infeasible', detail);
  }
}

/** The caller's AbortSignal fired. Whatever was finished before stays as it was. */
export class AbortedError extends Ml4tError {
  override readonly name = 'AbortedError';
  constructor(operation: string, reason?: unknown) {
    super('aborted', {
      field: operation,
      expected: 'to run to its end',
      found: `an abort${reason instanceof Error && reason.name !== 'AbortError' ? ` (${reason.message})` : ''}`,
      remedy: 'Nothing already computed was lost; call again to start over.',
      ...(reason === undefined ? {} : { cause: reason }),
    });
  }
}

/** A saved artifact is corrupted, truncated, of another model, or from a later format. */
export class ArtifactError extends Ml4tError {
  override readonly name = 'ArtifactError';
  constructor(detail: ErrorDetail) {
    super('artifact', detail);
  }
}

/** A data source cannot be read: missing file, unreadable format, unknown column. */
export class SourceError extends Ml4tError {
  override readonly name = 'SourceError';
  constructor(detail: ErrorDetail) {
    super('source', detail);
  }
}

/** An output cannot be written. */
export class OutputError extends Ml4tError {
  override readonly name = 'OutputError';
  constructor(detail: ErrorDetail) {
    super('output', detail);
  }
}

/** No compute engine of the kind asked for works here. */
export class EngineError extends Ml4tError {
  override readonly name = 'EngineError';
  constructor(detail: ErrorDetail) {
    super('engine', detail);
  }
}

/** A thread or process that was at work has ended without an answer: it exited, threw, ran out of memory, or was ended. */
export class WorkerError extends Ml4tError {
  override readonly name = 'WorkerError';
  constructor(detail: ErrorDetail) {
    super('worker', detail);
  }
}

/** An optional package is needed and not installed. */
export class MissingPackageError extends Ml4tError {
  override readonly name = 'MissingPackageError';
  constructor(packageName: string, purpose: string, cause?: unknown) {
    super('missing-package', {
      field: packageName,
      expected: `the package to be installed (${purpose})`,
      found: 'it cannot be imported',
      remedy: `Install it beside this package: npm install ${packageName}`,
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

const errorClasses: Readonly<Record<ErrorCode, readonly [name: string, { readonly prototype: Ml4tError }]>> = {
  config: ['ConfigError', ConfigError],
  shape: ['ShapeError', ShapeError],
  data: ['DataError', DataError],
  'not-fitted': ['NotFittedError', NotFittedError],
  'not-identified': ['NotIdentifiedError', NotIdentifiedError],
  infeasible: ['InfeasibleError', InfeasibleError],
  aborted: ['AbortedError', AbortedError],
  artifact: ['ArtifactError', ArtifactError],
  source: ['SourceError', SourceError],
  output: ['OutputError', OutputError],
  engine: ['EngineError', EngineError],
  worker: ['WorkerError', WorkerError],
  'missing-package': ['MissingPackageError', MissingPackageError],
};

/** Throws {@link AbortedError} when the signal has fired, ConfigError when it is no signal. */
export function throwIfAborted(signal: AbortSignal | undefined, operation: string): void {
  if (signal === undefined) return;
  const { aborted, reason } = (signal ?? {}) as Partial<AbortSignal>;
  if (typeof aborted !== 'boolean')
    throw new ConfigError({
      field: `${operation}: options.signal`,
      expected: 'an AbortSignal',
      found: describe(signal),
      remedy: 'Pass the `signal` of an AbortController, or leave it out.',
    });
  if (aborted) throw new AbortedError(operation, reason);
}

/** Shows a found value in an error: short, on one line, unambiguous. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint' || value == null)
    return String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : value.toISOString();
  if (ArrayBuffer.isView(value) && 'length' in value)
    return `${value.constructor.name} of length ${String(value.length)}`;
  if (Array.isArray(value)) return `an array of length ${value.length}`;
  if (typeof value === 'object') return `an object with keys ${Object.keys(value).slice(0, 6).join(', ') || '(none)'}`;
  return `a ${typeof value}`;
}
