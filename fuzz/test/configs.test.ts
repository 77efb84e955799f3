import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { effortOf } from './effort.ts';
import { registrations } from './models.ts';
import { edited, edits } from './mutate.ts';
import { outcomeOf } from './outcome.ts';

describe.each(registrations.map((registration) => [registration.modelType, registration] as const))(
  'a configuration of %s',
  (_, registration) => {
    const { config } = registration.create({});

    it('of anything is parsed and frozen, or a ConfigError', () =>
      fc.assert(
        fc.asyncProperty(
          fc.oneof(
            edits().map((list) => edited(config, list)),
            fc.anything({ withNullPrototype: true }),
          ),
          async (input) => {
            const { value, error } = await outcomeOf(() => registration.create(input));
            if (error) expect(error.code).toBe('config');
            else expect(Object.isFrozen(value?.config)).toBe(true);
          },
        ),
        effortOf(150),
      ));

    it('never touches the prototype of objects', () => {
      const before = Object.getOwnPropertyNames(Object.prototype);
      for (const key of ['__proto__', 'constructor', 'prototype'])
        expect(() => registration.create(JSON.parse(`{"${key}":{"polluted":true}}`))).toThrow(key);
      expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
    });
  },
);
