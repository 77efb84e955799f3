import { configJsonSchema } from '@ml4t/core/authoring';
import { experimentSchema } from '../experiment/schema.ts';
import { registrationOf } from '@ml4t/core/experiment';
import type { FamilyPackage } from '../families/packages.ts';
import { familyOf, findFamilies } from '../families/packages.ts';

/** The JSON Schema of an experiment file, or of the configuration of one model or forecaster. */
export async function schemaOf(
  type: string | undefined,
  packages: readonly FamilyPackage[] = findFamilies(),
): Promise<Record<string, unknown>> {
  if (type === undefined) return configJsonSchema(experimentSchema);
  if (!packages.some(({ modelTypes }) => modelTypes.includes(type))) {
    // A family that is not installed has no forecasters to look at; if the type is none at all, familyOf says so.
    for (const { load } of packages) {
      const schema = (await load().catch(() => undefined))?.forecasterJsonSchema?.(type);
      if (schema) return schema;
    }
  }
  return registrationOf(await familyOf(type, 'model', packages), type).configJsonSchema();
}
