import { LatentFactorState, PanelIndex } from '@ml4t/core';
import { writeFrame, type OutputFormat, type WriteOptions } from '@ml4t/integration';
import type { OutputFile } from './generation.ts';

/** A table as the integration package makes it. */
export type FrameTable = Parameters<typeof writeFrame>[0];

/** A table as one file of a set, `<name>.<format>`. */
export function frameFile(
  name: string,
  format: OutputFormat,
  table: FrameTable,
  options: WriteOptions = {},
): OutputFile {
  return {
    name: `${name}.${format}`,
    write: async (path) => {
      await writeFrame(table, path, options);
    },
  };
}

/** Tables of the same columns, one below the other. */
export function stackTables(tables: readonly FrameTable[]): FrameTable {
  const [first, ...others] = tables;
  return first.concat(...others);
}

/** Factor returns (T x K) as a state without exposures, which is all that a table of factors needs. */
export function factorsOnly(
  timestamps: Float64Array,
  factorNames: readonly string[],
  factorReturns: Float64Array,
): LatentFactorState {
  const index = new PanelIndex({
    timestamps,
    rowOffsets: new Int32Array(timestamps.length + 1),
    assetIndex: new Int32Array(0),
    assetIds: [],
  });
  return new LatentFactorState({
    index,
    nFactors: factorNames.length,
    betaLayout: 'row',
    betas: new Float64Array(0),
    factorReturns,
    factorNames,
  });
}
