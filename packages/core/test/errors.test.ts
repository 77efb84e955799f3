import { describe as group, expect, it } from '@jest/globals';
import {
  AbortedError,
  ArtifactError,
  ConfigError,
  DataError,
  EngineError,
  InfeasibleError,
  Ml4tError,
  MissingPackageError,
  NotFittedError,
  NotIdentifiedError,
  OutputError,
  ShapeError,
  SourceError,
  describe,
  throwIfAborted,
} from '../src/errors.ts';

const detail = { field: 'returns[3]', expected: 'a finite number', found: 'NaN', remedy: 'Drop the row.' };

group('errors', () => {
  it.each([
    ['ConfigError', 'config', new ConfigError(detail)],
    ['ShapeError', 'shape', new ShapeError(detail)],
    ['DataError', 'data', new DataError(detail)],
    ['NotIdentifiedError', 'not-identified', new NotIdentifiedError(detail)],
    ['InfeasibleError', 'infeasible', new InfeasibleError(detail)],
    ['ArtifactError', 'artifact', new ArtifactError(detail)],
    ['SourceError', 'source', new SourceError(detail)],
    ['OutputError', 'output', new OutputError(detail)],
    ['EngineError', 'engine', new EngineError(detail)],
  ])('%s says field, expected, found and remedy in one line', (name, code, error) => {
    expect(error).toBeInstanceOf(Ml4tError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name, code, ...detail });
    expect(error.message).toBe('returns[3]: expected a finite number, found NaN. Drop the row.');
    expect(JSON.parse(JSON.stringify(error))).toEqual({ name, code, ...detail, message: error.message });
    expect(String(error)).toBe(`${name}: ${error.message}`);
  });

  it('keep their cause, and have none otherwise', () => {
    const cause = new TypeError('deeper');
    expect(new DataError({ ...detail, cause }).cause).toBe(cause);
    expect(Object.hasOwn(new DataError(detail), 'cause')).toBe(false);
  });

  it('of the common situations write their own text', () => {
    expect(new NotFittedError('IPCAModel', 'extract')).toMatchObject({
      name: 'NotFittedError',
      code: 'not-fitted',
      field: 'IPCAModel.extract',
    });
    expect(new MissingPackageError('@duckdb/node-api', 'reads Parquet').remedy).toContain(
      'npm install @duckdb/node-api',
    );
    expect(new AbortedError('fit', new Error('time is up')).found).toBe('an abort (time is up)');
    expect(new AbortedError('fit').found).toBe('an abort');
  });
});

it('throwIfAborted throws once the signal has fired', () => {
  const controller = new AbortController();
  expect(() => throwIfAborted(undefined, 'fit')).not.toThrow();
  expect(() => throwIfAborted(controller.signal, 'fit')).not.toThrow();
  controller.abort(new Error('stop'));
  expect(() => throwIfAborted(controller.signal, 'fit')).toThrow(AbortedError);
});

it.each([
  ['text', '"text"'],
  ['x'.repeat(80), `"${'x'.repeat(57)}..."`],
  ['two\nlines', '"two\\nlines"'],
  [1.5, '1.5'],
  [Number.NaN, 'NaN'],
  [null, 'null'],
  [undefined, 'undefined'],
  [true, 'true'],
  [12n, '12'],
  [new Date(0), '1970-01-01T00:00:00.000Z'],
  [new Date(Number.NaN), 'an invalid Date'],
  [new Float64Array(3), 'Float64Array of length 3'],
  [[1, 2], 'an array of length 2'],
  [{ a: 1, b: 2 }, 'an object with keys a, b'],
  [{}, 'an object with keys (none)'],
  [(): number => 1, 'a function'],
])('describe(%p) is short and on one line', (value, text) => {
  expect(describe(value)).toBe(text);
});
