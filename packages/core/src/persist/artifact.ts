import type { ArtifactArray } from './array-types.ts';

/** What was read, verified to be what was saved. */
export interface Artifact {
  readonly path: string;
  readonly modelType: string;
  readonly formatVersion: number;
  readonly packageVersion: string;
  /** Untyped on purpose: parse it with the model's schema. */
  readonly config: unknown;
  readonly state: unknown;
  readonly record: unknown;
  readonly arrays: Readonly<Record<string, ArtifactArray>>;
}

/** Where an artifact is: the path of a file, or one that was read and verified before, as a part of another. */
export type ArtifactSource = string | Artifact;
