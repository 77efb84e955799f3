import { LatentFactorState, PanelIndex } from '@ml4t/core';
import type { ReturnTiming } from '@ml4t/core/authoring';
import { artifactArray, readSaved, requireArrays, type ArtifactArray, type PipelineArtifact } from '@ml4t/core/persist';
import * as z from 'zod';
import { historyOf, joinHistories, type FactorHistory } from './forecasters/factor-history.ts';

/**
 * Factor returns of the dates that a fit was given, in the coordinates of one checkpoint: what premia are estimated from. Those of
 * validation dates are among them, which are realised by the dates to be forecast as much as those of training dates.
 */
export interface TrainingHistory extends FactorHistory {
  /** Undefined for a model without checkpoints. */
  readonly checkpoint: string | undefined;
  readonly factorNames: readonly string[];
  /** Dates that the history has from validation alone, in order. */
  readonly validationDates: Float64Array;
}

const savedTiming = z.strictObject({ returnHorizon: z.int().min(1), realisationLag: z.int().min(1) });
const savedHistories = z.strictObject({
  // Absent in artifacts of format 1, which know of training dates alone.
  timing: savedTiming.nullable().optional(),
  histories: z
    .array(
      z.strictObject({
        checkpoint: z.string().nullable(),
        nDates: z.int().min(0),
        factorNames: z.array(z.string()).min(1),
        nCalendar: z.int().min(0).optional(),
        nValidation: z.int().min(0).optional(),
      }),
    )
    .min(1),
});

/** Of a state on the training dates and one on the validation dates; nothing else of the states is kept. */
export function historyOfStates(
  training: LatentFactorState,
  validation: LatentFactorState | undefined,
  timing: ReturnTiming | undefined,
): TrainingHistory {
  const { checkpoint, factorNames } = training;
  const first = { ...historyOf(training), timing };
  const second = validation && { ...historyOf(validation), timing };
  const joint = second ? joinHistories(first, second) : first;
  const inTraining = new Set(first.timestamps);
  return {
    ...joint,
    timestamps: joint.timestamps.slice(),
    factorReturns: joint.factorReturns.slice(),
    calendar: spanOf(joint.calendar, joint.timestamps),
    checkpoint,
    factorNames,
    validationDates: joint.timestamps.filter((date) => !inTraining.has(date)),
  };
}

/** The dates of a calendar from the first to the last of some dates: later ones were not known at the fit. */
function spanOf(calendar: Float64Array, dates: Float64Array): Float64Array {
  const [first, last] = [dates[0], dates[dates.length - 1]];
  return calendar.filter((date) => date >= first && date <= last);
}

/** A copy of the factor returns of the training dates alone (T_train x K). */
export function trainingFactorReturns(history: TrainingHistory): Float64Array {
  const { validationDates, timestamps, factorReturns, nFactors: k } = history;
  if (validationDates.length === 0) return factorReturns.slice();
  const later = new Set(validationDates);
  const out = new Float64Array((timestamps.length - validationDates.length) * k);
  let at = 0;
  timestamps.forEach((date, t) => {
    if (later.has(date)) return;
    out.set(factorReturns.subarray(t * k, (t + 1) * k), at);
    at += k;
  });
  return out;
}

/** The history as a state of dates without rows, for a forecaster. */
export function stateOfHistory(history: TrainingHistory): LatentFactorState {
  const { checkpoint, factorNames, timestamps, calendar, factorReturns, timing } = history;
  return new LatentFactorState({
    index: new PanelIndex({
      timestamps,
      rowOffsets: new Int32Array(timestamps.length + 1),
      assetIndex: new Int32Array(0),
      assetIds: [],
      calendar,
    }),
    nFactors: factorNames.length,
    betaLayout: 'row',
    betas: new Float64Array(0),
    factorReturns,
    factorNames,
    checkpoint,
    timing,
  });
}

/** Histories as state and arrays of an artifact. */
export function savedFormOf(histories: readonly TrainingHistory[]): {
  readonly state: z.input<typeof savedHistories>;
  readonly arrays: Record<string, ArtifactArray>;
} {
  const arrays: Record<string, ArtifactArray> = {};
  const dates = (data: Float64Array): ArtifactArray => ({ shape: [data.length], data });
  histories.forEach(({ factorNames, timestamps, factorReturns, calendar, validationDates }, h) => {
    arrays[nameOf(h, 'timestamps')] = dates(timestamps);
    arrays[nameOf(h, 'factorReturns')] = { shape: [timestamps.length, factorNames.length], data: factorReturns };
    // A history without gaps is its own calendar.
    if (calendar.length > timestamps.length) arrays[nameOf(h, 'calendar')] = dates(calendar);
    if (validationDates.length > 0) arrays[nameOf(h, 'validationDates')] = dates(validationDates);
  });
  const saved = histories.map(({ checkpoint, factorNames, timestamps, calendar, validationDates }) => ({
    checkpoint: checkpoint ?? null,
    nDates: timestamps.length,
    factorNames: [...factorNames],
    ...(calendar.length > timestamps.length ? { nCalendar: calendar.length } : {}),
    ...(validationDates.length > 0 ? { nValidation: validationDates.length } : {}),
  }));
  return { state: { timing: histories[0].timing ?? null, histories: saved }, arrays };
}

/** The histories in an artifact. Throws ArtifactError when its parts do not belong together. */
export function savedHistoriesIn(artifact: PipelineArtifact): TrainingHistory[] {
  const { histories, timing } = readSaved(`${artifact.path}: state`, artifact.state, savedHistories);
  requireArrays(
    artifact,
    histories.flatMap(({ nCalendar, nValidation }, h) =>
      (
        [
          'timestamps',
          'factorReturns',
          ...(nCalendar === undefined ? [] : ['calendar' as const]),
          ...(nValidation === undefined ? [] : ['validationDates' as const]),
        ] as const
      ).map((what) => nameOf(h, what)),
    ),
  );
  return histories.map(({ checkpoint, nDates, factorNames, nCalendar, nValidation }, h) => {
    const dates = (what: ArrayName, count: number): Float64Array =>
      artifactArray(artifact, nameOf(h, what), 'F64', [count]);
    const timestamps = dates('timestamps', nDates);
    return {
      checkpoint: checkpoint ?? undefined,
      factorNames,
      nFactors: factorNames.length,
      timestamps,
      factorReturns: artifactArray(artifact, nameOf(h, 'factorReturns'), 'F64', [nDates, factorNames.length], {
        allowNaN: true,
      }),
      calendar: nCalendar === undefined ? timestamps : dates('calendar', nCalendar),
      validationDates: nValidation === undefined ? new Float64Array(0) : dates('validationDates', nValidation),
      timing: timing ?? undefined,
    };
  });
}

type ArrayName = 'timestamps' | 'factorReturns' | 'calendar' | 'validationDates';

function nameOf(history: number, what: ArrayName): string {
  return `history-${history}/${what}`;
}
