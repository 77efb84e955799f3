import assert from 'node:assert/strict';
import { describeProgress, type Progress, type ProgressPart } from '../models/progress.ts';

/** Every unit, so that none can be added to the type and forgotten here. */
const units: Readonly<Record<Progress['unit'], true>> = {
  row: true,
  date: true,
  epoch: true,
  step: true,
  iteration: true,
  draw: true,
  candidate: true,
  characteristic: true,
  fold: true,
};

/**
 * Throws unless the events of one call are what {@link Progress} says. `complete`: nothing stopped early, so that every phase has
 * to reach its total, and the whole, where shares of it are known, its end.
 */
export function assertProgress(events: readonly Progress[], complete: boolean): void {
  const last = new Map<string, Progress>();
  let fraction = 0;
  for (const event of events) {
    const said = JSON.stringify(event);
    assertWellFormed(event, said);
    const { phase, step, member, fold } = event;
    const key = JSON.stringify([fold?.index, member?.index, phase]);
    const before = last.get(key)?.step ?? 0;
    assert.ok(step > before, `step after ${before} of the same phase, member and fold: ${said}`);
    last.set(key, event);
    if (event.fraction === undefined) continue;
    assert.ok(event.fraction >= fraction, `fraction after ${fraction}: ${said}`);
    fraction = event.fraction;
  }
  if (!complete) return;
  for (const event of last.values())
    if (event.total !== undefined) assert.equal(event.step, event.total, `last step of ${describeProgress(event)}`);
  if (fraction > 0) assert.ok(Math.abs(fraction - 1) < 1e-9, `the last fraction is ${fraction}`);
}

function assertWellFormed(event: Progress, said: string): void {
  const { phase, unit, step, total, member, fold, fraction, metrics } = event;
  assert.match(phase, /^[a-z0-9]+(-[a-z0-9]+)*$/, `phase of ${said}`);
  assert.ok(Object.hasOwn(units, unit), `unit of ${said}`);
  assert.ok(Number.isInteger(step) && step >= 1, `step of ${said}`);
  assert.ok(total === undefined || (Number.isInteger(total) && total >= step), `total of ${said}`);
  for (const part of [member, fold]) assert.ok(part === undefined || isPart(part), `member or fold of ${said}`);
  assert.ok(fraction === undefined || (fraction > 0 && fraction <= 1 + 1e-9), `fraction of ${said}`);
  for (const value of Object.values(metrics ?? {})) assert.ok(Number.isFinite(value), `metrics of ${said}`);
}

function isPart({ index, of }: ProgressPart): boolean {
  return Number.isInteger(index) && Number.isInteger(of) && index >= 0 && index < of;
}
