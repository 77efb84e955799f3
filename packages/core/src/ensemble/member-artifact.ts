import * as z from 'zod';
import type { TrainedMember } from '../models/interfaces.ts';
import { loadArtifact, packData, readState, saveArtifact, unpackData, type ArtifactData } from '../persist/index.ts';

const artifactType = 'ensemble-member';

const savedState = z.strictObject({
  ensemble: z.string().min(1),
  member: z.int().min(0),
  data: z.string(),
  seconds: z.number(),
  content: z.string(),
});

/** Writes a trained member as one artifact, atomically. */
export async function saveMember(path: string, trained: TrainedMember): Promise<void> {
  const { modelType, packageVersion, config, member, data, seconds, content } = trained;
  const { text, arrays } = packData(content);
  await saveArtifact(path, {
    modelType: artifactType,
    formatVersion: 1,
    packageVersion,
    config,
    state: { ensemble: modelType, member, data, seconds, content: text },
    arrays: Object.fromEntries(Object.entries(arrays).map(([name, data]) => [name, { shape: [data.length], data }])),
  });
}

/** Reads a member that `saveMember` wrote. Throws ArtifactError when it is missing, damaged or something else. */
export async function loadMember(path: string): Promise<TrainedMember> {
  const artifact = await loadArtifact(path, { modelType: artifactType });
  const { ensemble, member, data, seconds, content } = readState(artifact, savedState);
  const arrays = Object.entries(artifact.arrays).map(([name, { data }]): [string, ArtifactData] => [name, data]);
  return {
    modelType: ensemble,
    packageVersion: artifact.packageVersion,
    config: artifact.config as object,
    member,
    data,
    seconds,
    content: unpackData({ text: content, arrays: Object.fromEntries(arrays) }),
  };
}
