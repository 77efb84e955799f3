import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** What a package may weigh, and what it weighed when that was decided. In units of 1000 bytes, rounded. */
export interface Ceiling {
  /** The most that the tarball may have. */
  readonly kilobytes: number;
  /** Its files, unpacked, by folder. */
  readonly folders: Readonly<Record<string, number>>;
}

/** Size of a tarball, and of what is in it by folder. */
export function weigh(tarball: string): Ceiling {
  const packed = readFileSync(tarball);
  const folders: Record<string, number> = {};
  for (const { path, bytes } of filesIn(gunzipSync(packed))) {
    // Every path begins with `package/`.
    const folder = path.split('/').slice(1, -1).slice(0, 2).join('/') || '.';
    folders[folder] = (folders[folder] ?? 0) + bytes;
  }
  const kilobytes = (bytes: number): number => Math.round(bytes / 1000);
  return {
    kilobytes: kilobytes(packed.length),
    folders: Object.fromEntries(
      Object.entries(folders)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([folder, bytes]) => [folder, kilobytes(bytes)]),
    ),
  };
}

/** Throws when a package is heavier than it may be, and says what grew since the ceiling was set. */
export function requireCeiling(name: string, found: Ceiling, { kilobytes, folders }: Ceiling): void {
  if (found.kilobytes <= kilobytes) return;
  const growth = Object.entries(found.folders)
    .map(([folder, size]) => ({ folder, size, more: size - (folders[folder] ?? 0) }))
    .filter(({ more }) => more > 0)
    .sort((a, b) => b.more - a.more)
    .map(({ folder, size, more }) => `  ${folder}: ${size} kB unpacked, ${more} kB more`);
  throw new Error(
    [
      `${name} packs to ${found.kilobytes} kB; its ceiling is ${kilobytes} kB. Since that was set, these grew:`,
      ...growth,
      `Make it lighter, or raise the ceiling in e2e/test/packed.json in the change that needs it:`,
      `  ${JSON.stringify({ [name]: found })}`,
    ].join('\n'),
  );
}

interface PackedFile {
  readonly path: string;
  readonly bytes: number;
}

/** The files of a tar archive: headers of 512 bytes, each followed by its file in whole blocks of 512. */
function* filesIn(archive: Buffer): Generator<PackedFile> {
  const text = (from: number, length: number): string =>
    archive.toString('utf8', from, from + length).split('\0', 1)[0];
  for (let at = 0; at < archive.length && archive[at] !== 0;) {
    const bytes = Number.parseInt(text(at + 124, 12), 8);
    const prefix = text(at + 345, 155);
    const kind = text(at + 156, 1);
    if (kind === '0' || kind === '') yield { path: `${prefix ? `${prefix}/` : ''}${text(at, 100)}`, bytes };
    at += 512 * (1 + Math.ceil(bytes / 512));
  }
}
