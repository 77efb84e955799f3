import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { ArtifactError } from '@ml4t/core';
import { describe } from '@ml4t/core/authoring';
import { manifestName, parsed, type GenerationManifest } from './generation.ts';
import { sha256 } from './hash.ts';

export const manifestFormat = { name: 'ml4t-backtest-frames', version: 1 };

export interface ManifestFile {
  readonly name: string;
  /** Relative to the folder of the manifest. */
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** The keyword arguments of ml4t-backtest's `DataFeed`. */
export interface DataFeedArguments {
  readonly prices_path: string;
  readonly signals_path?: string;
  readonly context_path?: string;
  readonly feed_spec: Readonly<Record<string, string>>;
}

/** `manifest.json` as it stands in the folder. */
export interface BacktestManifest extends GenerationManifest {
  readonly files: readonly ManifestFile[];
  readonly data_feed?: DataFeedArguments | undefined;
}

/** The generation of a folder that counts. */
export interface BacktestGeneration {
  readonly generation: number;
  /** By name, with paths that can be opened. */
  readonly files: Readonly<Record<string, { readonly path: string; readonly nRows: number; readonly bytes: number }>>;
  /** What to pass to `DataFeed`, with paths that can be opened; where the inputs of a backtest were written. */
  readonly dataFeed: DataFeedArguments | undefined;
}

/**
 * Finds what `writeBacktestFrames` wrote last, and checks every file against the manifest: size and SHA-256.
 *
 * @throws ArtifactError there is no manifest, or a file is missing or not what the manifest says
 */
export async function readBacktestFrames(directory: string): Promise<BacktestGeneration> {
  // A writer may replace the generation between the manifest and its files; twice in a row is a fault.
  for (let attempt = 0; ; attempt++) {
    const manifest = await readManifest(directory);
    const broken = await firstBroken(directory, manifest);
    if (broken === undefined) return resolved(directory, manifest);
    if (attempt > 0 || (await readManifest(directory)).generation === manifest.generation) throw broken;
  }
}

async function readManifest(directory: string): Promise<BacktestManifest> {
  const path = join(directory, manifestName);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ArtifactError({
      field: path,
      expected: 'a manifest of backtest frames',
      found: 'no such file',
      remedy: 'Check the folder: it must be one that writeBacktestFrames wrote.',
      cause,
    });
  });
  const manifest = parsed(text);
  if (manifest?.format !== manifestFormat.name || !Array.isArray(manifest.files))
    throw new ArtifactError({
      field: path,
      expected: `a manifest of ${manifestFormat.name}`,
      found: describe(manifest ?? text),
      remedy: 'Check the folder: it must be one that writeBacktestFrames wrote.',
    });
  if (manifest.format_version !== manifestFormat.version)
    throw new ArtifactError({
      field: `${path} (format_version)`,
      expected: String(manifestFormat.version),
      found: describe(manifest.format_version),
      remedy: 'Read it with the version of @ml4t/integration that wrote it.',
    });
  return manifest as unknown as BacktestManifest;
}

async function firstBroken(directory: string, { files }: BacktestManifest): Promise<ArtifactError | undefined> {
  for (const file of files) {
    const path = join(directory, file.path);
    const found = await stat(path)
      .then(async ({ size }) => (size === file.bytes ? await sha256(path) : `${size} bytes`))
      .catch(() => 'no such file');
    if (found !== file.sha256)
      return new ArtifactError({
        field: path,
        expected: `the file of the manifest (${file.bytes} bytes, SHA-256 ${file.sha256.slice(0, 8)}…)`,
        found: found.length === 64 ? `SHA-256 ${found.slice(0, 8)}…` : found,
        remedy: 'Write the frames again: somebody changed or removed the file.',
      });
  }
  return undefined;
}

function resolved(directory: string, { generation, files, data_feed: feed }: BacktestManifest): BacktestGeneration {
  return {
    generation,
    files: Object.fromEntries(
      files.map(({ name, path, rows, bytes }) => [name, { path: join(directory, path), nRows: rows, bytes }]),
    ),
    dataFeed: feed && {
      ...feed,
      prices_path: inside(directory, feed.prices_path),
      ...(feed.signals_path === undefined ? {} : { signals_path: join(directory, feed.signals_path) }),
      ...(feed.context_path === undefined ? {} : { context_path: join(directory, feed.context_path) }),
    },
  };
}

/** Prices within the folder are relative to it; others are absolute. */
const inside = (directory: string, path: string): string => (isAbsolute(path) ? path : join(directory, path));
