import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Ml4tError, SourceError } from '@ml4t/core';
import unbzip2 from 'unbzip2-stream';
import type { TextEncoding } from '../read/source-options.ts';
import { csvDialect, type CsvDialect } from './csv-dialect.ts';

/** A CSV file that DuckDB can read: as it lies, or a copy in UTF-8 with one kind of line end. */
export interface CsvFile {
  /** How messages call it. */
  readonly label: string;
  readonly path: string;
  readonly isGzip: boolean;
  readonly dialect: CsvDialect;
}

export interface CsvFileOptions {
  readonly delimiter: string | undefined;
  readonly encoding: TextEncoding | undefined;
  /** Makes the folder for copies; nothing is copied that DuckDB can read itself. */
  readonly scratch: () => Promise<string>;
  readonly signal: AbortSignal | undefined;
}

const sampleBytes = 1 << 18;
/** The header of a very wide file may be longer than the sample. */
const longestHeader = 1 << 24;

type Packing = 'none' | 'gzip' | 'bzip2';

/** What a file is by its first bytes, whatever its name says. */
const kinds: readonly (readonly [readonly number[], Packing | string])[] = [
  [[0x1f, 0x8b], 'gzip'],
  [[0x42, 0x5a, 0x68], 'bzip2'],
  [[0x50, 0x4b, 0x03, 0x04], 'a zip archive (a spreadsheet in .xlsx is one)'],
  [[0x50, 0x41, 0x52, 0x31], 'a Parquet file'],
  [[0x41, 0x52, 0x52, 0x4f, 0x57, 0x31], 'an Arrow file'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'a file compressed by zstd'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'a file compressed by xz'],
  [[0xd0, 0xcf, 0x11, 0xe0], 'an old spreadsheet (.xls)'],
];

/** Looks at the beginning of a CSV file and copies it where DuckDB cannot read it as it lies. Throws SourceError. */
export async function prepareCsvFile(path: string, options: CsvFileOptions): Promise<CsvFile> {
  const packing = await packingOf(path);
  let { bytes, isWhole } = await beginningOf(path, packing, sampleBytes);
  if (!isWhole && bytes.indexOf(10) < 0 && bytes.indexOf(13) < 0)
    ({ bytes, isWhole } = await beginningOf(path, packing, longestHeader));
  const encoding = encodingOf(path, bytes, options.encoding);
  const text = textOf(bytes, isWhole, encoding);
  if (text.trim() === '')
    throw new SourceError({
      field: path,
      expected: 'a header and rows',
      found: 'an empty file',
      remedy: 'Check what should have written it.',
    });
  const dialect = csvDialect(path, text, options.delimiter);
  const asItLies = packing !== 'bzip2' && encoding === 'utf-8' && !hasSeveralLineEnds(lineEnds(text));
  const file = { label: path, path, isGzip: packing === 'gzip', dialect };
  return asItLies ? file : copyOf(file, packing, encoding, options);
}

/** The same file with one kind of line end, for one in which DuckDB met several. */
export function withOneLineEnd(file: CsvFile, options: CsvFileOptions): Promise<CsvFile> {
  return copyOf(file, file.isGzip ? 'gzip' : 'none', 'utf-8', options);
}

async function packingOf(path: string): Promise<Packing> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0);
    const kind = kinds.find(
      ([bytes]) => bytes.length <= bytesRead && bytes.every((byte, k) => buffer[k] === byte),
    )?.[1];
    if (kind === undefined) return 'none';
    if (kind === 'gzip' || kind === 'bzip2') return kind;
    throw new SourceError({
      field: path,
      expected: 'CSV text, as it is or compressed by gzip or bzip2',
      found: kind,
      remedy:
        kind.startsWith('a Parquet') || kind.startsWith('an Arrow')
          ? 'Give the file the ending of its kind.'
          : kind.includes('compressed')
            ? 'Decompress it first.'
            : 'Save the sheet or the file within as CSV.',
    });
  } finally {
    await file.close();
  }
}

interface Beginning {
  readonly bytes: Buffer;
  /** True when nothing follows. */
  readonly isWhole: boolean;
}

async function beginningOf(path: string, packing: Packing, length: number): Promise<Beginning> {
  const chunks: Buffer[] = [];
  let total = 0;
  const stream = unpacked(path, packing);
  try {
    for await (const chunk of stream) {
      chunks.push(chunk as Buffer);
      total += (chunk as Buffer).length;
      if (total > length) return { bytes: Buffer.concat(chunks).subarray(0, length), isWhole: false };
    }
  } catch (cause) {
    throw damaged(path, packing, cause);
  } finally {
    stream.destroy();
  }
  return { bytes: Buffer.concat(chunks), isWhole: true };
}

function unpacked(path: string, packing: Packing): Readable {
  const raw = createReadStream(path);
  if (packing === 'none') return raw;
  // What comes out of the older kind of stream that bzip2 is read by goes into one of today's.
  const opened = packing === 'gzip' ? createGunzip() : new PassThrough();
  const fail = (error: Error): void => {
    opened.destroy(error);
  };
  raw.on('error', fail);
  if (packing === 'gzip') raw.pipe(opened);
  else raw.pipe(unbzip2().on('error', fail)).pipe(opened);
  return opened;
}

const damaged = (path: string, packing: Packing, cause: unknown): Error =>
  cause instanceof Ml4tError
    ? cause
    : new SourceError({
        field: path,
        expected: packing === 'none' ? 'a file that can be read' : `a whole ${packing} file`,
        found: `"${cause instanceof Error ? cause.message : String(cause)}"`,
        remedy: 'The file is damaged or cut short: write or fetch it again.',
        cause,
      });

function encodingOf(path: string, bytes: Buffer, stated: TextEncoding | undefined): TextEncoding {
  if (bytes.length >= 2 && bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes.length >= 2 && bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  if (stated !== undefined) return stated;
  // Latin text in two bytes a character without a mark: every other byte is zero.
  const zeros = [0, 0];
  const looked = Math.min(bytes.length, 4096) & ~1;
  for (let k = 0; k < looked; k++) if (bytes[k] === 0) zeros[k & 1]++;
  if (looked >= 8 && zeros[1] * 4 > looked) return 'utf-16le';
  if (looked >= 8 && zeros[0] * 4 > looked) return 'utf-16be';
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
  } catch (cause) {
    throw notUtf8(path, cause);
  }
  return 'utf-8';
}

/** The error of text that is not UTF-8. */
export const notUtf8 = (path: string, cause: unknown): SourceError =>
  new SourceError({
    field: path,
    expected: 'text in UTF-8',
    found: 'bytes of another encoding',
    remedy: "State it, encoding: 'windows-1252' for most files of western spreadsheets, or write the file in UTF-8.",
    cause,
  });

/** Whole lines of the sample. */
function textOf(bytes: Buffer, isWhole: boolean, encoding: TextEncoding): string {
  const text = new TextDecoder(encoding).decode(bytes, { stream: !isWhole });
  if (isWhole) return text;
  const end = Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r'));
  return end < 0 ? text : text.slice(0, end + 1);
}

interface LineEnds {
  readonly pairs: number;
  readonly feeds: number;
  readonly returns: number;
}

/** How often each kind of line end stands in a text, outside of quoted entries as far as quotes are the usual ones. */
function lineEnds(text: string): LineEnds {
  if (!text.includes('\r')) return { pairs: 0, feeds: text.includes('\n') ? 1 : 0, returns: 0 };
  const bare = text.replaceAll(/"(?:[^"]|"")*"/g, '""');
  const pairs = bare.match(/\r\n/g)?.length ?? 0;
  // A carriage return at the cut may be half of a pair.
  return { pairs, feeds: (bare.match(/\n/g)?.length ?? 0) - pairs, returns: bare.match(/\r(?!\n|$)/g)?.length ?? 0 };
}

const hasSeveralLineEnds = ({ pairs, feeds, returns }: LineEnds): boolean =>
  [pairs, feeds, returns].filter((count) => count > 0).length > 1;

/** Whether the lines of a file, all of it, end in several ways. */
export async function changesLineEnds({ path, isGzip }: CsvFile): Promise<boolean> {
  const sum = { pairs: 0, feeds: 0, returns: 0 };
  const stream = unpacked(path, isGzip ? 'gzip' : 'none');
  let rest = '';
  for await (const chunk of stream) {
    const text = rest + (chunk as Buffer).toString('latin1');
    rest = text.endsWith('\r') ? '\r' : '';
    const { pairs, feeds, returns } = lineEnds(rest === '' ? text : text.slice(0, -1));
    sum.pairs += pairs;
    sum.feeds += feeds;
    sum.returns += returns;
    if (hasSeveralLineEnds(sum)) return true;
  }
  return false;
}

async function copyOf(
  file: CsvFile,
  packing: Packing,
  encoding: TextEncoding,
  { scratch, signal }: CsvFileOptions,
): Promise<CsvFile> {
  const folder = await scratch();
  const path = join(folder, `${copies++}.csv`);
  const decoder = new TextDecoder(encoding, { fatal: true });
  let endsInReturn = false;
  const plainLines = (text: string): string => {
    if (text === '') return text;
    const joined = endsInReturn && text.startsWith('\n') ? text.slice(1) : text;
    endsInReturn = text.endsWith('\r');
    return joined.replaceAll(/\r\n?/g, '\n');
  };
  const rewrite = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        done(null, plainLines(decoder.decode(chunk, { stream: true })));
      } catch (cause) {
        done(notUtf8(file.label, cause));
      }
    },
    flush(done) {
      try {
        done(null, plainLines(decoder.decode()));
      } catch (cause) {
        done(notUtf8(file.label, cause));
      }
    },
  });
  try {
    await pipeline(unpacked(file.path, packing), rewrite, createWriteStream(path), { signal });
  } catch (cause) {
    throw damaged(file.label, packing, cause);
  }
  return { ...file, path, isGzip: false };
}

let copies = 0;
