// Artifacts: one verified file per fitted model, in the safetensors layout.
export type { ArrayType, ArtifactArray, ArtifactData } from './array-types.ts';
export { artifactArray, loadArtifact } from './load-artifact.ts';
export type { Artifact, LoadArtifactOptions } from './load-artifact.ts';
export { packData, unpackData } from './packed-data.ts';
export type { PackedData } from './packed-data.ts';
export { readState, requireArrays } from './read-state.ts';
export { replaceFile } from './replace-file.ts';
export { saveArtifact } from './save-artifact.ts';
export type { ArtifactContent } from './save-artifact.ts';
