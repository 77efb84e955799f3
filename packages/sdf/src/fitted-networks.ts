import type { Snapshot } from '@ml4t/core/engine';
import { initialValues, namedValues, type NamedValues, type ParameterSpecs } from '@ml4t/core/nn';
import type { MemberCheckpoints } from './checkpoints.ts';

/** Networks of an ensemble at all their checkpoints, side by side in one array, as they are saved. */
export interface PackedNetworks {
  /** (S x size): S different states. */
  readonly states: Float32Array;
  readonly size: number;
  /** For every member, label to row of `states`. */
  readonly labels: readonly Readonly<Record<string, number>>[];
}

/** The named arrays of a network from one row of numbers, copied. */
export function unpack(specs: ParameterSpecs, row: Float32Array): NamedValues[] {
  let from = 0;
  const numbers: Record<string, Float32Array> = {};
  for (const [name, { shape }] of Object.entries(specs)) {
    const size = shape.reduce((product, n) => product * n, 1);
    numbers[name] = row.slice(from, from + size);
    from += size;
  }
  return namedValues(specs, numbers);
}

/** How many numbers a network has. */
export function networkSize(specs: ParameterSpecs): number {
  return initialValues(specs, 0).reduce((sum, { values }) => sum + values.length, 0);
}

/** States of one member, each once, and the labels that name them: plain data. */
export interface MemberStates {
  /** Label to position in `states`. */
  readonly labels: Readonly<Record<string, number>>;
  readonly states: readonly Snapshot[];
}

/**
 * Checkpoints of a member; labels that share a state share its position. The linear output is multiplied by `outputScale`: that of a
 * network trained on returns over their scale is then in the caller's unit.
 */
export function memberStates(checkpoints: MemberCheckpoints, outputScale: number): MemberStates {
  const positions = new Map<Snapshot, number>();
  const labels: Record<string, number> = {};
  for (const [label, snapshot] of checkpoints) {
    const position = positions.get(snapshot) ?? positions.size;
    positions.set(snapshot, position);
    labels[label] = position;
  }
  return { labels, states: [...positions.keys()].map((snapshot) => withScaledOutput(snapshot, outputScale)) };
}

function withScaledOutput(snapshot: Snapshot, scale: number): Snapshot {
  const scaled = (name: string) => [name, snapshot[name].map((value) => value * scale)] as const;
  return { ...snapshot, ...Object.fromEntries(['output.weight', 'output.bias'].map(scaled)) };
}

/** Packs the members one after another. */
export function packNetworks(specs: ParameterSpecs, members: readonly MemberStates[]): PackedNetworks {
  const size = networkSize(specs);
  const all = members.flatMap(({ states }) => states);
  const packed = new Float32Array(all.length * size);
  for (const [row, snapshot] of all.entries()) {
    let at = row * size;
    for (const name of Object.keys(specs)) {
      packed.set(snapshot[name], at);
      at += snapshot[name].length;
    }
  }
  let first = 0;
  const labels = members.map(({ labels: own, states }) => {
    const rows = Object.entries(own).map(([label, position]) => [label, first + position] as const);
    first += states.length;
    return Object.fromEntries(rows);
  });
  return { states: packed, size, labels };
}
