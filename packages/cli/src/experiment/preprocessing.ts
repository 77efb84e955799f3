import {
  imputeCharacteristics,
  rankNormalize,
  standardizeCharacteristics,
  winsorize,
  type CrossSectionBatch,
} from '@ml4t/core';
import { parseConfig } from '@ml4t/core/authoring';
import * as z from 'zod';
import type { PreprocessingEntry } from './schema.ts';

const columns = z.array(z.string().min(1)).min(1).optional();

/** One step of preprocessing, ready to be applied. */
type Step = (batch: CrossSectionBatch) => CrossSectionBatch;

const rankNormalizeSchema = z.strictObject({
  type: z.literal('rank-normalize'),
  columns,
  range: z.tuple([z.number(), z.number()]).default([-1, 1]),
  missing: z.enum(['keep', 'median']).default('keep'),
});
const imputeSchema = z.strictObject({
  type: z.literal('impute'),
  columns,
  method: z.enum(['median', 'mean', 'zero', 'forwardFill']).default('median'),
  maxAge: z.int().min(1).optional(),
  emptyColumn: z.enum(['keep', 'zero']).optional(),
});
const standardizeSchema = z.strictObject({ type: z.literal('standardize'), columns });
const winsorizeSchema = z.strictObject({
  type: z.literal('winsorize'),
  columns,
  lower: z.number().min(0).max(1).default(0.01),
  upper: z.number().min(0).max(1).default(0.99),
});

/** Checks the options of every step. Throws ConfigError that names the step. */
export function prepareSteps(entries: readonly PreprocessingEntry[]): readonly Step[] {
  return entries.map((entry, position) => prepareStep(entry, `experiment.preprocessing[${position}]`));
}

function prepareStep(entry: PreprocessingEntry, owner: string): Step {
  switch (entry.type) {
    case 'rank-normalize': {
      const options = definedOnly(parseConfig(rankNormalizeSchema, entry, owner));
      return (batch) => rankNormalize(batch, options);
    }
    case 'impute': {
      const options = definedOnly(parseConfig(imputeSchema, entry, owner));
      return (batch) => imputeCharacteristics(batch, options);
    }
    case 'standardize': {
      const options = definedOnly(parseConfig(standardizeSchema, entry, owner));
      return (batch) => standardizeCharacteristics(batch, options);
    }
    case 'winsorize': {
      const options = definedOnly(parseConfig(winsorizeSchema, entry, owner));
      return (batch) => winsorize(batch, options);
    }
  }
}

/** The library's options are exact: a key is there with a value, or not there. */
type DefinedOnly<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function definedOnly<T extends object>(options: T): DefinedOnly<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as DefinedOnly<T>;
}
