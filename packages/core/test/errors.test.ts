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
  WorkerError,
  describe,
  throwIfAborted,
  type ErrorJSON,
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

  it.each([
    new ConfigError(detail),
    new ShapeError(detail),
    new DataError({ ...detail, cause: new SourceError({ ...detail, cause: new TypeError('deeper') }) }),
    new NotFittedError('IPCAModel', 'extract'),
    new NotIdentifiedError(detail),
    new InfeasibleError(detail),
    new AbortedError('fit', new Error('time is up')),
    new ArtifactError(detail),
    new SourceError(detail),
    new OutputError(detail),
    new EngineError(detail),
    new MissingPackageError('@duckdb/node-api', 'reads Parquet', new Error('not found')),
    new WorkerError(detail),
  ])('come back from JSON as they were: $name', (error) => {
    const back = Ml4tError.fromJSON(JSON.parse(JSON.stringify(error)) as ErrorJSON);
    expect(back.constructor).toBe(error.constructor);
    expect(back.toJSON()).toEqual(error.toJSON());
    expect([String(back), back.message]).toEqual([String(error), error.message]);
    expect(back.stack).toContain(error.message);
    const causes = (of: unknown): unknown[] => (of instanceof Error ? [of.name, of.message, ...causes(of.cause)] : []);
    expect(causes(back)).toEqual(causes(error));
  });

  it.each([
    undefined,
    null,
    'error',
    {},
    { ...detail, code: 'none' },
    { ...detail, code: 'toString' },
    { code: 'data' },
  ])('are not made of other JSON: %j', (json) => {
    expect(() => Ml4tError.fromJSON(json as unknown as ErrorJSON)).toThrow(ConfigError);
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
