import { describe, expect, it } from '@jest/globals';
import { expandModels } from '../../src/experiment/model-runs.ts';

describe('expandModels', () => {
  it('crosses the values of a sweep and labels each model by them', () => {
    const runs = expandModels([
      { type: 'pca', config: { nFactors: 2 } },
      {
        name: 'instrumented',
        type: 'ipca',
        config: { tol: 1e-5 },
        sweep: { nFactors: [1, 2], acceleration: ['none', 'anderson'] },
      },
    ]);
    expect(runs.map(({ label }) => label)).toEqual([
      'pca',
      'instrumented(nFactors=1,acceleration=none)',
      'instrumented(nFactors=1,acceleration=anderson)',
      'instrumented(nFactors=2,acceleration=none)',
      'instrumented(nFactors=2,acceleration=anderson)',
    ]);
    expect(runs[3].model).toEqual({ type: 'ipca', config: { tol: 1e-5, nFactors: 2, acceleration: 'none' } });
  });

  it('refuses two models of one name', () => {
    expect(() =>
      expandModels([
        { type: 'pca', config: {} },
        { type: 'pca', config: { nFactors: 2 } },
      ]),
    ).toThrow('experiment.models[1].name: expected a name of its own for every model, found "pca" again');
  });

  it('refuses more models than anybody means, before it makes them', () => {
    const many = Array.from({ length: 3000 }, (_, value) => value);
    const model = (sweep: Record<string, unknown[]>) => ({ type: 'pca', config: {}, sweep });
    for (const entries of [
      [model({ a: many, b: many, c: many })],
      [model({ a: [1] }), model({ b: many, c: many, d: many, e: many, f: many })],
    ])
      expect(() => expandModels(entries)).toThrow(
        `experiment.models[${entries.length - 1}].sweep: expected at most 10000 models in an experiment, found `,
      );
  });
});
