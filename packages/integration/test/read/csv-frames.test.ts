import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { Ml4tError } from '@ml4t/core';
import { readCrossSectionBatch } from '../../src/index.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { csvFrame, type CsvFrame } from './csv-frames.ts';

const folder = temporaryFolder();

/** The rows that were read, or the error that refused them. */
async function read({ bytes, columns, options }: CsvFrame): Promise<unknown> {
  const path = join(folder, 'frame.csv');
  writeFileSync(path, bytes);
  try {
    const { batch } = await readCrossSectionBatch(path, columns, options);
    const p = batch.nCharacteristics;
    return Array.from({ length: batch.nDates }, (_, t) => t).flatMap((t) => {
      const [first, last] = [batch.index.rowOffsets[t], batch.index.rowOffsets[t + 1]];
      return Array.from({ length: last - first }, (_, i) => [
        batch.timestamps[t],
        batch.assetIds[batch.index.assetIndex[first + i]],
        batch.returns?.[first + i],
        ...batch.characteristics.subarray((first + i) * p, (first + i + 1) * p),
      ]);
    });
  } catch (error) {
    if (error instanceof Ml4tError) return error.message;
    throw error;
  }
}

const nFrames = Number(process.env.ML4T_CSV_FRAMES ?? 60);

it(`reads every one of ${nFrames} small files to the value, however it was written`, async () => {
  for (let seed = 1; seed <= nFrames; seed++) {
    const frame = csvFrame(seed);
    if (frame.rows.length === 0) continue;
    expect([frame.description, await read(frame)]).toEqual([frame.description, frame.rows]);
  }
}, 600_000);
