import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { parseConfig } from '../../src/config.ts';
import { ConfigError, EngineError } from '../../src/errors.ts';
import {
  EmbeddedEngine,
  checkedOps,
  engineChoices,
  examineEngines,
  registerEngine,
  resolveEngine,
  typescriptMachine,
  type Engine,
  type EngineRegistration,
  type RawOps,
} from '../../src/engine/index.ts';
import { engineFields } from '../../src/ensemble/config.ts';
import type { Tensor } from '../../src/nn/index.ts';
import { engineContract } from '../../src/testing/index.ts';

/** An engine of somebody else's: here the TypeScript one under another name. */
function another(name: string): Engine {
  const inner = new EmbeddedEngine(typescriptMachine('float32'));
  return new Proxy<Engine>(inner, {
    get(target, key) {
      if (key === 'name') return name;
      if (key === 'description') return `${name} (a test)`;
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

describe('an engine that was registered', () => {
  const registration: EngineRegistration = {
    name: 'third',
    remedy: 'Install it.',
    open: () => another('third'),
    arithmetic: () => 'third-1',
  };
  registerEngine(registration);
  const schema = z.strictObject(engineFields);

  it('is found by its name, in configurations too', async () => {
    expect(engineChoices()).toContain('third');
    expect(parseConfig(schema, { engine: 'third' }, 'Config').engine).toBe('third');
    const { engine, resolution } = await resolveEngine({ engine: 'third' });
    expect(resolution).toMatchObject({ engine: 'third', backend: 'third (a test)', arithmetic: 'third-1' });
    await engine.dispose();
    const attempts = await examineEngines({ threads: 1, import: () => Promise.reject(new Error('not here')) });
    expect(attempts.find(({ engine: name }) => name === 'third')).toMatchObject({ works: true });
  });

  it('is never taken by auto unless it says so', async () => {
    const { engine, resolution } = await resolveEngine({ threads: 1 });
    expect(resolution.tried.map(({ engine: name }) => name)).toEqual(['embedded']);
    await engine.dispose();
  });

  it('is one where it is registered twice, and never another of the same name', () => {
    registerEngine(registration);
    expect(engineChoices().filter((name) => name === 'third')).toEqual(['third']);
    for (const name of ['third', 'embedded', 'auto', '', 'Third', 'a b', 5 as unknown as string])
      expect(() => {
        registerEngine({ ...registration, name });
      }).toThrow(ConfigError);
  });

  it('says its remedy where it does not work, and is proved before it is used', async () => {
    registerEngine({ name: 'absent', remedy: 'Plug it in.', open: () => Promise.reject(new Error('no device')) });
    await expect(resolveEngine({ engine: 'absent' })).rejects.toThrow(EngineError);
    await expect(resolveEngine({ engine: 'absent' })).rejects.toThrow(/absent \(no device\)\. Plug it in\./);
    registerEngine({
      name: 'wrong',
      remedy: 'Use another.',
      open: () =>
        new Proxy<Engine>(another('wrong'), {
          get(target, key) {
            if (key !== 'optimizer') return Reflect.get(target, key) as unknown;
            const make: Engine['optimizer'] = (parameters) => target.optimizer(parameters, { learningRate: 1 });
            return make;
          },
        }),
    });
    await expect(resolveEngine({ engine: 'wrong' })).rejects.toThrow(/wrong numbers/);
  });

  it('with a misspelt name is refused with those that there are', () => {
    expect(() => parseConfig(schema, { engine: 'thrid' }, 'Config')).toThrow(/"third".*Did you mean third\?/);
    expect(() => parseConfig(schema, { engine: 5 }, 'Config')).toThrow(ConfigError);
  });
});

describe('the contract of engines', () => {
  for (const { name, run } of engineContract({ create: () => another('third') })) it(`accepts one that ${name}`, run);

  it('catches one whose numbers are wrong', async () => {
    const wrong = () =>
      new Proxy<Engine>(another('wrong'), {
        get(target, key) {
          if (key !== 'optimizer') return Reflect.get(target, key) as unknown;
          const make: Engine['optimizer'] = (parameters, options) => {
            const optimizer = target.optimizer(parameters, options);
            return new Proxy(optimizer, {
              get(inner, method) {
                const value: unknown = Reflect.get(inner, method);
                if (method === 'accumulate')
                  return async (...args: Parameters<typeof inner.accumulate>) =>
                    1.001 * (await inner.accumulate(...args)) + 0.001;
                return typeof value === 'function' ? (value.bind(inner) as unknown) : value;
              },
            });
          };
          return make;
        },
      });
    const check = engineContract({ create: wrong }).find(({ name }) => name.includes('computes what the oracle'));
    await expect(check?.run()).rejects.toThrow(/differs by/);
  });
});

it('checks before an engine is asked: raw operations see nothing that does not fit', () => {
  const seen: string[] = [];
  const raw = new Proxy({} as RawOps<Tensor>, {
    get: (_, name) => {
      if (name === 'training') return true;
      if (name === 'originOf') return (tensor: object) => ('shape' in tensor ? 'own' : 'foreign');
      return (...args: unknown[]) => {
        seen.push(String(name));
        return args[0];
      };
    },
  });
  const ops = checkedOps(raw);
  const of = (...shape: number[]): Tensor => ({ shape });
  const wrong: (() => unknown)[] = [
    () => ops.linear(of(2, 3), of(4, 2)),
    () => ops.linear(of(2, 3), of(4, 3), of(3)),
    () => ops.dense(of(2, 3), { weight: of(4, 3), dropout: 1 }),
    () => ops.dense(of(2, 3), { weight: of(4, 3), norm: { runningMean: of(4), runningVariance: of(3) } }),
    () => ops.dense(of(2, 3), { weight: of(4, 3), byDate: { values: of(1, 4), offsets: Int32Array.of(0, 3) } }),
    () => ops.dense(of(2, 3), { weight: of(4, 3), byDate: { values: of(1, 3), offsets: Int32Array.of(0, 2) } }),
    () => ops.batchNorm(of(2, 3), { runningMean: of(2), runningVariance: of(3) }),
    () => ops.layerNorm(of(2, 3), of(2), of(3)),
    () => ops.dropout(of(2), -0.1),
    () => ops.lstm(of(2, 3), { inputWeight: of(4, 3), recurrentWeight: of(4, 1), inputBias: of(4), recurrentBias: of(4) }), // prettier-ignore
    () => ops.attention(of(1, 2, 3), of(1, 2, 3), of(1, 3, 3)),
    () => ops.attention(of(1, 2, 3), of(1, 2, 3), of(1, 2, 3), { heads: 2 }),
    () => ops.attention(of(1, 2, 3), of(1, 4, 3), of(1, 4, 3), { causal: true }),
    () => ops.attention(of(3, 2, 3), of(3, 2, 3), of(3, 2, 3), { lag: { steps: 1, period: 2 } }),
    () => ops.rows(of(2, 3), Int32Array.of(-1)),
    () => ops.sumByIndex(of(2, 3), Int32Array.of(0, 5), 2),
    () => ops.sumByIndex(of(2, 3), Int32Array.of(0), 2),
    () => ops.segmentSum(of(2, 3), Int32Array.of(0, 1)),
    () => ops.segmentRepeat(of(2, 3), Int32Array.of(0, 1)),
    () => ops.segmentRegression(of(2, 3), of(2), Int32Array.of(0, 2), -1),
    () => ops.segmentRegression(of(2, 3), of(3), Int32Array.of(0, 2), 0),
    () => ops.rowDot(of(2, 3), of(3)),
    () => ops.mul(of(2, 3), of(2)),
    () => ops.where(of(2), of(2, 3), 0),
    () => ops.softmax(of(2, 3), of(3)),
    () => ops.sum(of(2, 3), 2),
    () => ops.concat([of(2, 3), of(3, 3)]),
    () => ops.slice(of(2, 3), 1, 1),
    () => ops.transpose(of(2, 3), [0, 0]),
    () => ops.reshape(of(2, 3), [5]),
    () => ops.meanSquaredError(of(2), of(3)),
    () => ops.constant([1, 2], [3]),
  ];
  for (const run of wrong) expect(run).toThrow(/expected/);
  expect(seen).toEqual([]);
});
