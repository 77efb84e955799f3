import type { Snapshot } from '@ml4t/core/engine';
import { initialValues, type NamedValues, type ParameterSpecs } from '@ml4t/core/nn';
import type { MemberCheckpoints } from './checkpoints.ts';

/** Networks of an ensemble at all their checkpoints, side by side in one array, as they are saved. */
export interface PackedNetworks {
  /** (S x size): S different states. */
  readonly states: Float32Array;
  readonly size: number;
  /** For every member, label to row of `states`. */
  readonly labels: readonly Readonly<Record<string, number>>[];
}

/** The named arrays of a network from one row of numbers. */
export function unpack(specs: ParameterSpecs, row: ArrayLike<number>): NamedValues[] {
  let from = 0;
  return Object.entries(specs).map(([name, { shape }]) => {
    const size = shape.reduce((product, n) => product * n, 1);
    const values = Float64Array.from({ length: size }, (_, i) => row[from + i]);
    from += size;
    return { name, shape, values, state: false };
  });
}

/** How many numbers a network has. */
export function networkSize(specs: ParameterSpecs): number {
  return initialValues(specs, 0).reduce((sum, { values }) => sum + values.length, 0);
}

/** Packs checkpoints; labels that share a state share its row. */
export function packNetworks(specs: ParameterSpecs, members: readonly MemberCheckpoints[]): PackedNetworks {
  const size = networkSize(specs);
  const rows = new Map<Snapshot, number>();
  const labels = members.map((member) => {
    const positions: Record<string, number> = {};
    for (const [label, snapshot] of member) {
      const known = rows.get(snapshot) ?? rows.size;
      rows.set(snapshot, known);
      positions[label] = known;
    }
    return positions;
  });
  const states = new Float32Array(rows.size * size);
  for (const [snapshot, row] of rows) {
    let at = row * size;
    for (const name of Object.keys(specs)) {
      states.set(snapshot[name], at);
      at += snapshot[name].length;
    }
  }
  return { states, size, labels };
}
