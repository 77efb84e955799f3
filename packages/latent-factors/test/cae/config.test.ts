import { configNotes } from '@ml4t/core/authoring';
import { expect, it } from '@jest/globals';
import { CAEModel, modelRegistry } from '../../src/index.ts';
import { quick, smallPanel } from './panel.ts';

it.each([
  [{ nEnsemble: 3 }, { ensembleSize: 3 }],
  [{ lr: 0.1 }, { learningRate: 0.1 }],
  [{ lrDecay: 0.9 }, { schedule: { decay: 0.9 } }],
  [{ checkpointEpochs: [2, 4] }, { checkpointAt: [2, 4] }],
])('reads %o as %o', (other, own) => {
  const { config } = new CAEModel(other);
  expect(config).toEqual(new CAEModel(own).config);
  expect(configNotes(config)).toHaveLength(1);
  expect(() => new CAEModel({ ...other, ...own })).toThrow('one name of the field');
});

it('notes other names in the summary of a fit, built by the registry too', async () => {
  const { batch } = smallPanel(1);
  const { ensembleSize: nEnsemble, ...rest } = quick;
  const config = { ...rest, nEnsemble };
  const note = 'Other names were read: nEnsemble as ensembleSize.';
  expect((await new CAEModel(config).fit(batch)).notes).toContain(note);
  const registration = modelRegistry.find(({ modelType }) => modelType === 'cae');
  const created = registration?.create(config) as CAEModel | undefined;
  expect((await created?.fit(batch))?.notes).toContain(note);
  expect((await new CAEModel(quick).fit(batch)).notes.join()).not.toContain('Other names');
});
