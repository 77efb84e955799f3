// Artifacts: one verified file per fitted model, in the safetensors layout; and one writer at a time.
export type { ArrayType, ArtifactArray, ArtifactData } from './array-types.ts';
export { makeFolders, removeEmptyFolders } from './folders.ts';
export { artifactArray, loadArtifact } from './load-artifact.ts';
export type { Artifact, ArtifactSource, LoadArtifactOptions } from './load-artifact.ts';
export { acquireLock } from './lock.ts';
export type { Lock, LockOptions } from './lock.ts';
export type { LockOwner } from './lock-owner.ts';
export { buildPart, findNamed, savePart } from './named-parts.ts';
export type { LoadableModel, Named, NamedPart, SavedPart } from './named-parts.ts';
export { packData, unpackData } from './packed-data.ts';
export type { PackedData } from './packed-data.ts';
export { loadPipeline, savePipeline } from './pipeline-artifact.ts';
export type { PipelineArtifact, PipelineContent } from './pipeline-artifact.ts';
export { readSaved, readState, readSummary, requireArrays } from './read-state.ts';
export { replaceFile } from './replace-file.ts';
export { saveArtifact } from './save-artifact.ts';
export type { ArtifactContent } from './save-artifact.ts';
