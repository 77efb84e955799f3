// Places come in as element numbers; -1 stands for an array that is not there.

/** Byte address of an element. */
export function at(place: i32): usize {
  return (<usize>(<u32>place)) << 2;
}

/** Columns padded to whole vectors. */
export function padded(columns: i32): i32 {
  return (columns + 3) & ~3;
}

/** Stores the first `left` lanes (all when 4 or more), so that the next row is not touched. */
export function put(address: usize, v: v128, left: i32): void {
  if (left >= 4) v128.store(address, v);
  else putLanes(address, v, left);
}

function putLanes(address: usize, v: v128, left: i32): void {
  store<f32>(address, f32x4.extract_lane(v, 0));
  if (left > 1) store<f32>(address, f32x4.extract_lane(v, 1), 4);
  if (left > 2) store<f32>(address, f32x4.extract_lane(v, 2), 8);
}

/** Copies rows of `width` numbers between places with different steps (in bytes). */
export function copyRows(rows: i32, width: i32, from: usize, fromStep: usize, to: usize, toStep: usize): void {
  for (let r = 0; r < rows; r++) {
    memory.copy(to, from, (<usize>width) << 2);
    from += fromStep;
    to += toStep;
  }
}
