import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { effortOf } from './effort.ts';
import { apply, build, kinds, registrations, smallConfig, valid, type AnyModel } from './models.ts';
import { edited, edits } from './mutate.ts';
import { outcomeOf } from './outcome.ts';

describe.each(kinds)('a %s batch', (kind) => {
  it('of anything is a batch, or an error that says what is wrong', () =>
    fc.assert(
      fc.asyncProperty(edits(), fc.nat(12), fc.nat(12), async (list, from, to) => {
        const { value } = await outcomeOf(() => build[kind](edited(valid[kind], list)));
        if (!value) return;
        expect(Object.isFrozen(value)).toBe(true);
        await outcomeOf(() => value.slice(from, to));
      }),
      effortOf(400),
    ));

  it('of almost valid numbers is fitted with finite metrics, or refused by name', () =>
    fc.assert(
      fc.asyncProperty(edits(), fc.nat(), async (list, which) => {
        const { value } = await outcomeOf(() => build[kind](edited(valid[kind], list)));
        if (!value) return;
        const models = registrations.filter(({ batchKind }) => batchKind === kind);
        const registration = models[which % models.length];
        const model = registration.create(smallConfig(registration)) as unknown as AnyModel;
        const { value: summary } = await outcomeOf(() => model.fit(value));
        if (!summary) return;
        for (const [name, metric] of Object.entries(summary.trainMetrics))
          if (!Number.isFinite(metric)) throw new Error(`${registration.modelType}: ${name} is ${metric}`);
        await outcomeOf(() => apply(model, value));
      }),
      effortOf(60),
    ));
});
