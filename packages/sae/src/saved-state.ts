import { ArtifactError } from '@ml4t/core';
import type * as z from 'zod';

/** The state of a verified artifact in its model's own shape. Throws ArtifactError when it has another. */
export function readState<S extends z.ZodType>(path: string, schema: S, state: unknown): z.output<S> {
  const result = schema.safeParse(state);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new ArtifactError({
    field: `${path}: state.${issue.path.join('.')}`,
    expected: 'the state that this model saves',
    found: issue.message,
    remedy: 'Save the model again with this version of the package.',
    cause: result.error,
  });
}
