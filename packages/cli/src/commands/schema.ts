import { configJsonSchema } from '@ml4t/core';
import { experimentSchema } from '../experiment/schema.ts';
import { registrationOf, type FamilyPackage } from '../families/family.ts';
import { familyOf } from '../families/packages.ts';

/** The JSON Schema of an experiment file, or of one model's configuration. */
export async function schemaOf(
  modelType: string | undefined,
  packages?: readonly FamilyPackage[],
): Promise<Record<string, unknown>> {
  if (modelType === undefined) return configJsonSchema(experimentSchema);
  return registrationOf(await familyOf(modelType, 'model', packages), modelType).configJsonSchema();
}
