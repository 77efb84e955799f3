import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { baseConfigSchema, configJsonSchema, configNotes, deepFreeze, parseConfig } from '../src/config.ts';
import { ConfigError } from '../src/errors.ts';

const schema = z.strictObject({
  ...baseConfigSchema.shape,
  nFactors: z.int().min(1).max(50).default(5),
  update: z.enum(['expanding', 'frozen']).default('expanding'),
  shrinkage: z.number().gt(0).optional(),
  layers: z.array(z.strictObject({ units: z.int(), dropout: z.number().default(0) })).default([]),
});

function error(input: unknown): ConfigError {
  try {
    parseConfig(schema, input, 'Model');
  } catch (reason) {
    expect(reason).toBeInstanceOf(ConfigError);
    return reason as ConfigError;
  }
  throw new Error('expected an error');
}

describe('parseConfig', () => {
  it('fills defaults, for nothing at all too', () => {
    const defaults = { seed: 42, nFactors: 5, update: 'expanding', layers: [] };
    expect(parseConfig(schema, undefined, 'Model')).toEqual(defaults);
    expect(parseConfig(schema, { nFactors: 2 }, 'Model')).toEqual({ ...defaults, nFactors: 2 });
  });

  it('freezes the result all the way down, and leaves the input alone', () => {
    const input = { layers: [{ units: 3 }] };
    const config = parseConfig(schema, input, 'Model');
    expect([config, config.layers, config.layers[0]].every(Object.isFrozen)).toBe(true);
    expect(Object.isFrozen(input.layers)).toBe(false);
    expect(input).toEqual({ layers: [{ units: 3 }] });
  });

  it.each([
    [{ n_factors: 3 }, 'Model.n_factors', 'Did you mean nFactors?'],
    [{ nfactor: 3 }, 'Model.nfactor', 'Did you mean nFactors?'],
    [{ layers: [{ units: 1, droput: 0.1 }] }, 'Model.layers[0].droput', 'Did you mean dropout?'],
    [{ zzzzzz: 1 }, 'Model.zzzzzz', 'Remove it or correct its spelling.'],
  ])('refuses the unknown key of %p', (input, field, remedy) => {
    expect(error(input)).toMatchObject({ field, remedy });
  });

  it.each([
    [{ nFactors: 'two' }, 'Model.nFactors', '"two"'],
    [{ nFactors: 2.5 }, 'Model.nFactors', '2.5'],
    [{ nFactors: 0 }, 'Model.nFactors', '0'],
    [{ nFactors: 51 }, 'Model.nFactors', '51'],
    [{ nFactors: null }, 'Model.nFactors', 'null'],
    [{ update: 'never' }, 'Model.update', '"never"'],
    [{ shrinkage: 0 }, 'Model.shrinkage', '0'],
    [{ shrinkage: Number.NaN }, 'Model.shrinkage', 'NaN'],
    [{ layers: [{ units: 1 }, { dropout: 1 }] }, 'Model.layers[1].units', 'nothing'],
    [{ seed: -1 }, 'Model.seed', '-1'],
    [{ seed: 4294967296 }, 'Model.seed', '4294967296'],
    [[], 'Model', 'an array of length 0'],
  ])('names what is wrong in %p', (input, field, found) => {
    expect(error(input)).toMatchObject({ field, found });
  });

  it('says what would be right', () => {
    expect(error({ nFactors: 0 }).expected).toBe('a number >= 1');
    expect(error({ shrinkage: 0 }).expected).toBe('a number > 0');
    expect(error({ update: 'never' }).expected).toBe('one of "expanding", "frozen"');
    expect(error({ layers: [{}] }).remedy).toBe('Add the key.');
  });
});

it('gives the JSON Schema of the input: defaulted keys are not required', () => {
  const json = configJsonSchema(schema) as { properties: Record<string, unknown>; required?: string[] };
  expect(Object.keys(json.properties)).toEqual(['seed', 'nFactors', 'update', 'shrinkage', 'layers']);
  expect(json.required ?? []).toEqual([]);
  expect(json).toMatchObject({ additionalProperties: false });
});

it('freezes plain data only', () => {
  const array = Float64Array.of(1);
  const value = deepFreeze({ a: { b: [1, { c: 2 }] }, array, map: new Map() });
  expect(Object.isFrozen(value.a.b[1])).toBe(true);
  value.array[0] = 2;
  expect(array[0]).toBe(2);
  expect(Object.isFrozen(value.map)).toBe(false);
});

describe('other names of fields', () => {
  const rated = z.strictObject({
    learningRate: z.number().positive().default(1),
    schedule: z.union([z.literal('constant'), z.strictObject({ decay: z.number() })]).default('constant'),
  });
  const aliases = { lr: 'learningRate', lrDecay: { to: 'schedule', value: (decay: number) => ({ decay }) } } as const;
  const read = (input: unknown) => parseConfig(rated, input, 'RatedConfig', aliases);

  it('are read, and noted once, also of a configuration that was parsed before', () => {
    const config = read({ lr: 0.5, lrDecay: 0.9 });
    expect(config).toEqual({ learningRate: 0.5, schedule: { decay: 0.9 } });
    expect(configNotes(config)).toEqual(['Other names were read: lr as learningRate, lrDecay as schedule.']);
    expect(configNotes(read(config))).toEqual(configNotes(config));
    expect(configNotes(read({ learningRate: 0.5 }))).toEqual([]);
  });

  it('are not in the schema', () => {
    expect(Object.keys(configJsonSchema(rated).properties as object)).toEqual(['learningRate', 'schedule']);
  });

  it('cannot stand beside the own one, whatever they say', () => {
    for (const input of [
      { lr: 0.5, learningRate: 0.5 },
      { learningRate: 0.5, lr: 0.5 },
    ])
      expect(() => read(input)).toThrow(
        /^RatedConfig\.learningRate: expected one name of the field, found (lr and learningRate|learningRate and lr)\. Leave lr out\.$/,
      );
  });

  it('are those that an error is about', () => {
    expect(() => read({ lr: -1 })).toThrow('RatedConfig.lr: expected a number > 0, found -1');
    expect(() => read({ lr: 'fast' })).toThrow('RatedConfig.lr');
    expect(() => read({ learningRat: 1 })).toThrow('Did you mean learningRate?');
  });
});
