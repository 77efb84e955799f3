import { configNotes } from '@ml4t/core/authoring';
import { describe, expect, it } from '@jest/globals';
import { StochasticDiscountFactorBetaNetworkHead, StochasticDiscountFactorModel } from '../src/index.ts';
import { smallConfig, smallPanel } from './small.ts';

it.each([
  [{ nMembers: 3 }, { ensembleSize: 3 }],
  [{ lr: 0.1 }, { learningRate: 0.1 }],
  [{ burnInEpochs: 3 }, { ignoreFirst: 3 }],
  [{ checkpointEpochs: [2, 4] }, { checkpointAt: [2, 4] }],
  [{ standardizeContext: false }, { contextScaling: 'none' }],
  [{ standardizeContext: true }, { contextScaling: 'standardize' }],
] as const)('reads %o as %o', (other, own) => {
  const { config } = new StochasticDiscountFactorModel(other as object);
  expect(config).toEqual(new StochasticDiscountFactorModel(own as object).config);
  expect(configNotes(config)).toHaveLength(1);
  expect(() => new StochasticDiscountFactorModel({ ...other, ...own } as object)).toThrow('one name of the field');
});

it.each([
  [{ betaStateDim: 3 }, { stateDim: 3 }],
  [{ betaHiddenDim: 5 }, { hiddenDim: 5 }],
  [{ betaNEpochs: 9 }, { nEpochs: 9 }],
  [{ betaLr: 0.1 }, { learningRate: 0.1 }],
  [{ betaCheckpointInterval: 3 }, { checkpointInterval: 3 }],
  [{ betaCheckpointEpochs: [3] }, { checkpointAt: [3] }],
  [{ betaDefaultCheckpoint: '128' }, { defaultCheckpoint: 128 }],
  [{ betaDefaultCheckpoint: 'last' }, { defaultCheckpoint: 'last' }],
] as const)('reads %o of a beta head as %o', (other, own) => {
  const { config } = new StochasticDiscountFactorBetaNetworkHead(other as object);
  expect(config).toEqual(new StochasticDiscountFactorBetaNetworkHead(own as object).config);
  expect(configNotes(config)).toHaveLength(1);
});

it('reads labels of checkpoints as they were', () => {
  for (const [other, own] of [
    ['conditional:512', 'conditional/epoch-512'],
    ['unconditional:best', 'unconditional/best'],
    ['conditional/last', 'conditional/last'],
  ])
    expect(new StochasticDiscountFactorModel({ defaultCheckpoint: other }).config.defaultCheckpoint).toBe(own);
  for (const wrong of ['512', 'moment/best', 'conditional/epoch-0', 'conditional:0', 'conditional/epoch-1025'])
    expect(() => new StochasticDiscountFactorModel({ defaultCheckpoint: wrong })).toThrow('defaultCheckpoint');
});

describe('weight decay', () => {
  const weightsOf = async (config: object): Promise<Float64Array> => {
    const model = new StochasticDiscountFactorModel({ ...smallConfig, ...config });
    await model.fit(smallPanel());
    return (await model.extract(smallPanel())).weights;
  };

  it('is decoupled, and l2 is added to the gradient', async () => {
    const [plain, decayed, penalised] = [
      await weightsOf({}),
      await weightsOf({ weightDecay: 0.1 }),
      await weightsOf({ l2: 0.1 }),
    ];
    expect(decayed).not.toEqual(plain);
    expect(penalised).not.toEqual(plain);
    expect(penalised).not.toEqual(decayed);
    expect(() => new StochasticDiscountFactorModel({ weightDecay: 0.1, l2: 0.1 })).toThrow(/l2.*0 with weightDecay/);
  });
});
