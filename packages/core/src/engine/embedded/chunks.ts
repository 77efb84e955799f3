/** At most this many chunks, so that partial sums stay small; with dynamic chunks it feeds 16 threads well. */
const most = 32;
/** Elementary operations that are worth a chunk of their own: some microseconds. */
const least = 40000;

/**
 * Rows in a chunk: a function of the problem alone, never of the number of threads, so that partial sums are always of the
 * same rows and are added in the same order.
 *
 * @param rows rows in all
 * @param work elementary operations a row
 * @param multiple chunks start at multiples of this
 */
export function chunkRows(rows: number, work: number, multiple = 1): number {
  const size = Math.max(Math.ceil(least / work), Math.ceil(rows / most), 1);
  return Math.ceil(size / multiple) * multiple;
}
