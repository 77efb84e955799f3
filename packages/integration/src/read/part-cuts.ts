/** How a stream is cut into parts of whole dates. */
export interface PartSize {
  readonly datesPerPart: number;
  readonly rowsPerPart: number;
}

/**
 * Where parts end, as numbers of dates from the start: each part is as long as both limits allow, and one date at least.
 * The cuts depend on the rows alone, not on how they arrived.
 *
 * @param nDates dates at hand; unless `complete`, rows of the last one may still come
 * @param startOf first row of the date at a position; `startOf(nDates)` is the number of rows
 * @param lookahead complete dates that must follow a part before it can be cut off
 */
export function partEnds(
  nDates: number,
  startOf: (date: number) => number,
  { datesPerPart, rowsPerPart }: PartSize,
  complete: boolean,
  lookahead: number,
): number[] {
  const ends: number[] = [];
  const usable = complete ? nDates : nDates - 1 - lookahead;
  for (let first = 0; first < nDates;) {
    const firstRow = startOf(first);
    let end = first + 1;
    while (end < nDates && end - first < datesPerPart && startOf(end + 1) - firstRow <= rowsPerPart) end++;
    const isFull = end < nDates || end - first === datesPerPart;
    if ((!isFull && !complete) || end > usable) break;
    ends.push(end);
    first = end;
  }
  return ends;
}
