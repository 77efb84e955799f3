import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ml4tError, OutputError } from '@ml4t/core';
import { acquireLock } from '@ml4t/core/persist';
import { flush } from '../write/atomic.ts';

/**
 * A folder whose content is replaced as one: every generation has a folder of its own, and `manifest.json` names the one
 * that counts. The rename of the manifest is the only step that a reader can see, so that a writer that fails or is
 * killed at any moment leaves the old generation, whole, or the new one, whole.
 *
 * The generation before is kept until the next is written, for readers that have just opened its files.
 */
export const manifestName = 'manifest.json';

export const generationFolder = (sequence: number): string => `generation-${String(sequence).padStart(6, '0')}`;

/** What to do while another writer is at work. */
export interface WaitOptions {
  /** Waits until it is done. */
  readonly wait?: boolean | undefined;
  /** Stops waiting. */
  readonly signal?: AbortSignal | undefined;
}

/** What every manifest holds, whatever else it says. */
export interface GenerationManifest {
  readonly format: string;
  readonly format_version: number;
  readonly generation: number;
}

/**
 * Writes the next generation of a folder and makes it the one that counts.
 *
 * @param format what the manifest says it is of: a folder with a manifest of something else is refused
 * @param write writes and flushes the files into the folder given, and returns the rest of the manifest
 * @returns the manifest
 * @param options whether to wait while another writer is at work, instead of throwing
 * @throws OutputError something cannot be written, or another writer is at work; the old generation is untouched
 */
export async function replaceGeneration<Content extends object>(
  directory: string,
  format: { readonly name: string; readonly version: number },
  write: (folder: string, name: string) => Promise<Content>,
  options: WaitOptions = {},
): Promise<GenerationManifest & Content> {
  const lock = await acquireLock(join(directory, '.writer.lock'), { purpose: 'writing a generation', ...options });
  try {
    return await wrapped(directory, () => writeNext(directory, format, write));
  } finally {
    // With it go the folders that it made, as long as nothing is in them.
    await lock.release();
  }
}

async function writeNext<Content extends object>(
  directory: string,
  format: { readonly name: string; readonly version: number },
  write: (folder: string, name: string) => Promise<Content>,
): Promise<GenerationManifest & Content> {
  const current = await currentGeneration(directory, format.name);
  await removeGenerations(directory, (sequence) => sequence !== current);
  const generation = current + 1;
  const name = generationFolder(generation);
  const folder = join(directory, name);
  const staged = join(directory, `.${manifestName}.new`);
  try {
    await mkdir(folder);
    const content = await write(folder, name);
    // Not every system can flush a folder.
    await flush(folder).catch(() => undefined);
    const manifest = { format: format.name, format_version: format.version, generation, ...content };
    await writeFile(staged, `${JSON.stringify(manifest, null, 2)}\n`);
    await flush(staged);
    await rename(staged, join(directory, manifestName));
    // The rename is done either way.
    await flush(directory).catch(() => undefined);
    return manifest;
  } catch (error) {
    await rm(staged, { force: true });
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** The generation that counts; 0 where there is none yet. */
async function currentGeneration(directory: string, format: string): Promise<number> {
  const path = join(directory, manifestName);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return 0;
  const manifest = parsed(text);
  if (manifest?.format === format && Number.isInteger(manifest.generation)) return Number(manifest.generation);
  throw new OutputError({
    field: path,
    expected: `no manifest, or one of ${format}`,
    found: 'a file of another kind',
    remedy: 'Choose a folder of its own for these files.',
  });
}

/** An object, or nothing where the text is no JSON object. */
export function parsed(text: string): Partial<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

async function removeGenerations(directory: string, which: (sequence: number) => boolean): Promise<void> {
  for (const name of await readdir(directory)) {
    const sequence = /^generation-(\d{6,})$/.exec(name)?.[1];
    if (sequence !== undefined && which(Number(sequence)))
      await rm(join(directory, name), { recursive: true, force: true });
  }
}

async function wrapped<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Ml4tError) throw error;
    throw new OutputError({
      field: directory,
      expected: 'a folder that can be written to',
      found: error instanceof Error ? error.message.split('\n', 1)[0] : String(error),
      remedy: 'Check the rights of the folder and the space on the disk; what was there before is untouched.',
      cause: error,
    });
  }
}
