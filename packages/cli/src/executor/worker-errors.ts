import { types } from 'node:util';
import { AbortedError, EngineError, Ml4tError } from '@ml4t/core';
import type { ErrorDetail } from '@ml4t/core/authoring';

/** An error as plain data: classes do not survive the way between threads. */
export type PlainError =
  | { readonly name: string; readonly detail: ErrorDetail; readonly code: Ml4tError['code']; readonly stack: string }
  | { readonly name: string; readonly message: string; readonly stack: string };

/** What a worker says when it has done a task, or failed. */
export interface WorkerReply {
  readonly error?: PlainError;
}

export function plainError(error: unknown): PlainError {
  if (!isError(error)) return { name: 'Error', message: String(error), stack: '' };
  const { name, stack = '' } = error;
  if (isTooLarge(error)) return plainError(tooLarge(error));
  if (!(error instanceof Ml4tError)) return { name, message: error.message, stack };
  const { code, field, expected, found, remedy } = error;
  return { name, code, stack, detail: { field, expected, found, remedy } };
}

/** The error that the worker had: of the same class where it is one of the library's. */
export function errorFrom(plain: PlainError): Error {
  const error = 'detail' in plain ? libraryError(plain.code, plain.detail) : new Error(plain.message);
  Object.defineProperty(error, 'stack', { value: plain.stack, configurable: true });
  return error;
}

/** The same error about something in particular: its class stays, its field (or message) begins with the subject. */
export function errorAbout(subject: string, error: unknown): unknown {
  if (!isError(error) || error instanceof AbortedError) return error;
  const plain = plainError(error);
  return errorFrom(
    'detail' in plain
      ? { ...plain, detail: { ...plain.detail, field: `${subject}: ${plain.detail.field}` } }
      : { ...plain, message: `${subject}: ${plain.message}` },
  );
}

/** The same error of the library with another name for what it is about; any other error as it is. */
export function errorUnder(rename: (field: string) => string, error: unknown): unknown {
  if (!(error instanceof Ml4tError) || rename(error.field) === error.field) return error;
  const { code, field, expected, found, remedy } = error;
  return libraryError(code, { field: rename(field), expected, found, remedy, cause: error });
}

/** Of this context of V8 or of another. */
function isError(error: unknown): error is Error {
  return error instanceof Error || types.isNativeError(error);
}

/** What V8 says when an array is larger than it can be, or than there is memory for. */
function isTooLarge(error: Error): boolean {
  return (
    error.name === 'RangeError' &&
    /allocation failed|Invalid (typed )?array( buffer)? length|could not allocate/i.test(error.message)
  );
}

function tooLarge(cause: Error): EngineError {
  return new EngineError({
    field: 'memory',
    expected: 'room for the arrays of the model',
    found: cause.message,
    remedy: 'Make the model smaller (its layers, its ensemble, its batches), or give the process more memory.',
    cause,
  });
}

function libraryError(code: Ml4tError['code'], { cause, ...texts }: ErrorDetail): Ml4tError {
  const error = Ml4tError.fromJSON({ name: '', message: '', code, ...texts });
  return cause === undefined ? error : Object.defineProperty(error, 'cause', { value: cause, configurable: true });
}
