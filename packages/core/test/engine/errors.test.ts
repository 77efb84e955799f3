import { describe, expect, it } from '@jest/globals';
import { EngineError, ShapeError } from '../../src/errors.ts';
import { EmbeddedEngine, typescriptMachine } from '../../src/engine/index.ts';
import type { Ops, Tensor } from '../../src/nn/index.ts';

const engine = new EmbeddedEngine(typescriptMachine('float32'));
const x = engine.tensor([1, 2, 3, 4, 5, 6], [2, 3]);
const rejects = (run: (ops: Ops) => Tensor, message: RegExp) =>
  expect(engine.evaluate((ops) => ({ y: run(ops) }))).rejects.toThrow(message);

describe('errors of operations name the argument', () => {
  it('shapes', async () => {
    await rejects(
      (ops) => ops.linear(x, ops.constant([1, 2], [1, 2])),
      /linear\.weight: expected shape \(1, 3\), found \(1, 2\)/,
    );
    await rejects((ops) => ops.add(x, ops.constant([1, 2], [2])), /add\.b: expected/);
    await rejects((ops) => ops.reshape(x, [4]), /reshape\.shape/);
    await rejects((ops) => ops.slice(x, 2, 5), /slice: expected 0 <= from < to <= 3/);
    await rejects((ops) => ops.rows(x, Int32Array.of(0, 2)), /rows\.index\[1\]: expected a row from 0 to 1, found 2/);
    await rejects((ops) => ops.segmentSum(x, Int32Array.of(0, 3)), /segmentSum\.offsets/);
    await rejects((ops) => ops.constant([1, 2, 3], [2, 2]), /values: expected 4 numbers/);
    await rejects((ops) => ops.recomputeParts(x, 0, (part) => part), /recomputeParts\.length/);
    await rejects((ops) => ops.recomputeParts(x, 1, () => x), /recomputeParts\.run: expected shape \(1\), found \(2\)/);
    await rejects((ops) => ops.attention(x, x, x), /attention\.query/);
    expect(() => engine.tensor([1], [2])).toThrow(ShapeError);
  });

  it('a parameter whose name is misspelt', () => rejects((ops) => ops.square({}.constructor as never), /square\.x/));

  it('a tensor of an earlier step', async () => {
    let kept: Tensor = x;
    await engine.evaluate((ops) => ({ y: (kept = ops.square(x)) }));
    await expect(engine.evaluate((ops) => ({ y: ops.square(kept) }))).rejects.toThrow(EngineError);
  });

  it('a loss that is not a scalar', async () => {
    const set = engine.parameters([{ name: 'w', shape: [2], values: Float64Array.of(1, 2), state: false }]);
    const optimizer = engine.optimizer(set);
    await expect(optimizer.accumulate((ops) => ops.square(set.tensors.w))).rejects.toThrow(/loss: expected shape \(\)/);
    // The failed step left no trace: the next one works.
    expect(await optimizer.accumulate((ops) => ops.sum(ops.square(set.tensors.w)))).toBe(5);
  });
});
