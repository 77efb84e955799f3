import * as z from 'zod';
import type { TrainedMember } from '../models/interfaces.ts';
import {
  artifactBytes,
  loadArtifact,
  packData,
  parseArtifact,
  readState,
  saveArtifact,
  unpackData,
  type Artifact,
  type ArtifactContent,
  type ArtifactData,
} from '../persist/index.ts';

const artifactType = 'ensemble-member';

const savedState = z.strictObject({
  ensemble: z.string().min(1),
  member: z.int().min(0),
  inputs: z.record(z.string(), z.string()),
  arithmetic: z.string(),
  seconds: z.number(),
  content: z.string(),
});

/** 2 since members say all their inputs and their arithmetic. */
const formatVersion = 2;

/** The first format had one digest, of dates and returns, and no arithmetic: it can be read, but fits to no inputs of today. */
const savedFirst = savedState.omit({ inputs: true, arithmetic: true }).extend({ data: z.string() });

function firstFormat(artifact: Artifact): z.output<typeof savedState> {
  const { data, ...state } = readState(artifact, savedFirst);
  return { ...state, inputs: { data }, arithmetic: 'unknown' };
}

/** Writes a trained member as one artifact, atomically. */
export async function saveMember(path: string, trained: TrainedMember): Promise<void> {
  await saveArtifact(path, contentOf(trained));
}

/** The bytes of the file that `saveMember` writes, for stores that are no folders. */
export function memberBytes(trained: TrainedMember): Uint8Array {
  return artifactBytes(contentOf(trained));
}

function contentOf(trained: TrainedMember): ArtifactContent {
  const { modelType, packageVersion, config, member, inputs, arithmetic, seconds, content } = trained;
  const { text, arrays } = packData(content);
  return {
    modelType: artifactType,
    formatVersion,
    packageVersion,
    config,
    state: { ensemble: modelType, member, inputs, arithmetic, seconds, content: text },
    arrays: Object.fromEntries(Object.entries(arrays).map(([name, data]) => [name, { shape: [data.length], data }])),
  };
}

/** Reads a member that `saveMember` wrote. Throws ArtifactError when it is missing, damaged or something else. */
export async function loadMember(path: string): Promise<TrainedMember> {
  return memberOf(await loadArtifact(path, { modelType: artifactType, formatVersion }));
}

/** A member from the bytes of its file. Throws ArtifactError, which calls it `path`. */
export function parseMember(bytes: Uint8Array, path: string): TrainedMember {
  return memberOf(parseArtifact(bytes, path, { modelType: artifactType, formatVersion }));
}

function memberOf(artifact: Artifact): TrainedMember {
  const { ensemble, member, inputs, arithmetic, seconds, content } =
    artifact.formatVersion === 1 ? firstFormat(artifact) : readState(artifact, savedState);
  const arrays = Object.entries(artifact.arrays).map(([name, { data }]): [string, ArtifactData] => [name, data]);
  return {
    modelType: ensemble,
    packageVersion: artifact.packageVersion,
    config: artifact.config as object,
    member,
    inputs,
    arithmetic,
    seconds,
    content: unpackData({ text: content, arrays: Object.fromEntries(arrays) }),
  };
}
