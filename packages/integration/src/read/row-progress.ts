import type { RunOptions } from '@ml4t/core';

/** Rows between two events. */
const rowsPerEvent = 100_000;

/**
 * Reports rows read, seldom, and all of them at the end. Rows that are read a second time, because ids have to be read to the letter,
 * are not reported again.
 */
export function rowProgress(
  onProgress: RunOptions<'reading'>['onProgress'],
  total: number | undefined,
): (nRows: number, atEnd: boolean) => void {
  let reported = 0;
  return (nRows, atEnd) => {
    if (!onProgress || nRows === 0 || nRows < reported + (atEnd || reported === 0 ? 1 : rowsPerEvent)) return;
    reported = nRows;
    const all = atEnd ? nRows : total;
    onProgress({
      phase: 'reading',
      unit: 'row',
      step: nRows,
      total: all,
      ...(all === undefined ? {} : { fraction: nRows / all }),
    });
  };
}
