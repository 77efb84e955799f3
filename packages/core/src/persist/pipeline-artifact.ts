import { rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import * as z from 'zod';
import { ArtifactError, DataError, OutputError } from '../errors.ts';
import type { Estimator } from '../models/interfaces.ts';
import type { ArtifactArray } from './array-types.ts';
import { loadArtifact } from './load-artifact.ts';
import type { Artifact } from './artifact.ts';
import type { SavedPart } from './named-parts.ts';
import { readSaved } from './read-state.ts';
import { requirePath, temporaryName } from './replace-file.ts';
import { saveArtifact } from './save-artifact.ts';

/** What a fitted pipeline is made of. */
export interface PipelineContent {
  /** Stable identifier of the pipeline, for example 'portfolio-allocation-pipeline'. */
  readonly pipelineType: string;
  /** Version of the pipeline's own content, >= 1; that of the model is in the model's. */
  readonly formatVersion: number;
  readonly packageVersion: string;
  readonly model: Pick<Estimator<never>, 'modelType' | 'save'>;
  /** The parts around the model, by role. */
  readonly parts: Readonly<Record<string, SavedPart | readonly SavedPart[]>>;
  /** What else the pipeline needs, small: JSON. */
  readonly state: unknown;
  /** Under names that do not begin with `model/`. */
  readonly arrays: Readonly<Record<string, ArtifactArray>>;
}

/** The artifact of a pipeline, taken apart: its own content, and the artifact of its model. */
export interface PipelineArtifact extends Artifact {
  /** As the model saved it, verified: what the model's `load` takes in place of a path. */
  readonly model: Artifact;
}

const modelPrefix = 'model/';
const savedConfig = z.looseObject({ model: z.strictObject({ type: z.string(), config: z.unknown() }) });
const savedState = z.strictObject({
  model: z.strictObject({ formatVersion: z.int(), packageVersion: z.string(), state: z.unknown() }),
  own: z.unknown(),
});

/**
 * Writes a pipeline as one artifact. The configuration is that of the model and of every part, `{ type, config }` each; the model's
 * arrays are there under `model/`, its fit record is the pipeline's.
 *
 * The model writes its own artifact first, to a sibling of `path` that is removed again. Whatever fails, `path` stays as it was.
 * Throws DataError for a model that does not write an artifact, OutputError, and what the model's `save` throws.
 */
export async function savePipeline(path: string, content: PipelineContent): Promise<void> {
  const { pipelineType, formatVersion, packageVersion, parts } = content;
  const model = await artifactOf(content.model, resolve(requirePath(path, 'write')));
  const { modelType, config, state, record } = model;
  const modelArrays = Object.entries(model.arrays).map(([name, array]) => [modelPrefix + name, array] as const);
  await saveArtifact(path, {
    modelType: pipelineType,
    formatVersion,
    packageVersion,
    config: { model: { type: modelType, config }, ...parts },
    state: {
      model: { formatVersion: model.formatVersion, packageVersion: model.packageVersion, state },
      own: content.state,
    },
    record,
    arrays: { ...content.arrays, ...Object.fromEntries(modelArrays) },
  });
}

/** Reads and verifies what {@link savePipeline} wrote. Throws ArtifactError as `loadArtifact` does. */
export async function loadPipeline(
  path: string,
  { pipelineType, formatVersion }: Pick<PipelineContent, 'pipelineType' | 'formatVersion'>,
): Promise<PipelineArtifact> {
  const artifact = await loadArtifact(path, { modelType: pipelineType, formatVersion });
  const { model, ...config } = readSaved(`${path}: config`, artifact.config, savedConfig);
  const saved = readSaved(`${path}: state`, artifact.state, savedState);
  const arrays: Record<string, ArtifactArray> = {};
  const modelArrays: Record<string, ArtifactArray> = {};
  for (const [name, array] of Object.entries(artifact.arrays))
    if (name.startsWith(modelPrefix)) modelArrays[name.slice(modelPrefix.length)] = array;
    else arrays[name] = array;
  return {
    ...artifact,
    config,
    state: saved.own,
    arrays,
    model: {
      path: `${path} (model)`,
      modelType: model.type,
      config: model.config,
      ...saved.model,
      state: saved.model.state,
      record: artifact.record,
      arrays: modelArrays,
    },
  };
}

/** What a model saves, through a file beside the one that the pipeline will be. */
async function artifactOf(model: PipelineContent['model'], target: string): Promise<Artifact> {
  const path = join(dirname(target), temporaryName(target));
  try {
    await model.save(path);
    const artifact = await loadArtifact(path);
    if (artifact.modelType === model.modelType) return artifact;
    throw new ArtifactError({
      field: 'modelType',
      expected: JSON.stringify(model.modelType),
      found: `${JSON.stringify(artifact.modelType)} in what it saved`,
      remedy: 'Use one name for both.',
    });
  } catch (error) {
    if (error instanceof ArtifactError)
      throw new DataError({
        field: 'model',
        expected:
          'a model whose `save` writes an artifact of its own modelType, by `saveArtifact` of @ml4t/core/persist',
        found: `${error.field === path ? '' : `${error.field}: `}${error.found}`,
        remedy: 'Correct the `save` of the model, or save the model apart from the pipeline.',
        cause: error,
      });
    if (error instanceof OutputError && error.field === path) {
      // The name of the sibling says nothing to the caller.
      const { expected, found, remedy, cause } = error;
      throw new OutputError({ field: target, expected, found, remedy, cause });
    }
    throw error;
  } finally {
    await rm(path, { force: true, recursive: true });
  }
}
