import type { Engine } from '../../engine/index.ts';
import { CounterRandom } from '../../nn/index.ts';
import type { Ops } from '../../nn/index.ts';
import { cases } from './cases.ts';
import type { Case } from './cases.ts';
import { recipes } from './drawn-cases.ts';
import { distance, inputsOf, largest, runCase } from './run-case.ts';

/** The common table, and three draws of every recipe. */
export const pairCases: Case[] = [
  ...cases,
  ...recipes.flatMap(({ name, draw }) =>
    [1, 2, 3].map((seed): Case => {
      const drawn = draw(new CounterRandom(seed).fork(name));
      return { name: `${name}, draw ${seed}`, ...drawn };
    }),
  ),
];

/** Names of the operations that a vocabulary has. */
export function operationsOf(ops: Ops): string[] {
  return Object.keys(ops).filter((name) => name !== 'training');
}

/** The same vocabulary, noting which operations are called. */
export function counting(ops: Ops, called: Set<string>): Ops {
  return new Proxy(ops, {
    get(target, name, receiver) {
      if (typeof name === 'string' && name !== 'training') called.add(name);
      return Reflect.get(target, name, receiver) as unknown;
    },
  });
}

export interface PairErrors {
  readonly loss: number;
  readonly gradients: Readonly<Record<string, number>>;
  readonly state: number;
}

/** How far two engines are apart on a case: relative to the loss (at least 1), the largest gradient, the state's scale. */
export async function pairErrors(one: Engine, other: Engine, test: Case): Promise<PairErrors> {
  const values = inputsOf(test);
  const a = await runCase(one, test, values);
  const b = await runCase(other, test, values);
  const scale = largest(a.gradients);
  const state = values
    .filter(({ state: isState }) => isState)
    .map(({ name }) => distance(a.after[name], b.after[name], 1));
  return {
    loss: distance([a.loss], [b.loss], 1),
    gradients: Object.fromEntries(
      Object.entries(a.gradients).map(([name, gradient]) => [name, distance(gradient, b.gradients[name], scale)]),
    ),
    state: Math.max(0, ...state),
  };
}
