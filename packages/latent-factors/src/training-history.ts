import { LatentFactorState, PanelIndex } from '@ml4t/core';
import { artifactArray, readSaved, requireArrays, type ArtifactArray, type PipelineArtifact } from '@ml4t/core/persist';
import * as z from 'zod';

/** Factor returns of the training dates in the coordinates of one checkpoint: what premia are estimated from. */
export interface TrainingHistory {
  /** Undefined for a model without checkpoints. */
  readonly checkpoint: string | undefined;
  readonly factorNames: readonly string[];
  /** (T) */
  readonly timestamps: Float64Array;
  /** (T x K), row-major. */
  readonly factorReturns: Float64Array;
}

const savedHistories = z.strictObject({
  histories: z
    .array(
      z.strictObject({
        checkpoint: z.string().nullable(),
        nDates: z.int().min(0),
        factorNames: z.array(z.string()).min(1),
      }),
    )
    .min(1),
});

/** Of a state on the training dates; nothing else of the state is kept. */
export function historyOfState({ index, factorReturns, factorNames, checkpoint }: LatentFactorState): TrainingHistory {
  return { checkpoint, factorNames, timestamps: index.timestamps.slice(), factorReturns: factorReturns.slice() };
}

/** The history as a state of dates without rows, for a forecaster. */
export function stateOfHistory({
  checkpoint,
  factorNames,
  timestamps,
  factorReturns,
}: TrainingHistory): LatentFactorState {
  return new LatentFactorState({
    index: new PanelIndex({
      timestamps,
      rowOffsets: new Int32Array(timestamps.length + 1),
      assetIndex: new Int32Array(0),
      assetIds: [],
    }),
    nFactors: factorNames.length,
    betaLayout: 'row',
    betas: new Float64Array(0),
    factorReturns,
    factorNames,
    checkpoint,
  });
}

/** Histories as state and arrays of an artifact. */
export function savedFormOf(histories: readonly TrainingHistory[]): {
  readonly state: z.input<typeof savedHistories>;
  readonly arrays: Record<string, ArtifactArray>;
} {
  const arrays: Record<string, ArtifactArray> = {};
  histories.forEach(({ factorNames, timestamps, factorReturns }, h) => {
    arrays[nameOf(h, 'timestamps')] = { shape: [timestamps.length], data: timestamps };
    arrays[nameOf(h, 'factorReturns')] = { shape: [timestamps.length, factorNames.length], data: factorReturns };
  });
  const state = histories.map(({ checkpoint, factorNames, timestamps }) => ({
    checkpoint: checkpoint ?? null,
    nDates: timestamps.length,
    factorNames: [...factorNames],
  }));
  return { state: { histories: state }, arrays };
}

/** The histories in an artifact. Throws ArtifactError when its parts do not belong together. */
export function savedHistoriesIn(artifact: PipelineArtifact): TrainingHistory[] {
  const { histories } = readSaved(`${artifact.path}: state`, artifact.state, savedHistories);
  requireArrays(
    artifact,
    histories.flatMap((_, h) => [nameOf(h, 'timestamps'), nameOf(h, 'factorReturns')]),
  );
  return histories.map(({ checkpoint, nDates, factorNames }, h) => ({
    checkpoint: checkpoint ?? undefined,
    factorNames,
    timestamps: artifactArray(artifact, nameOf(h, 'timestamps'), 'F64', [nDates]),
    factorReturns: artifactArray(artifact, nameOf(h, 'factorReturns'), 'F64', [nDates, factorNames.length], {
      allowNaN: true,
    }),
  }));
}

function nameOf(history: number, what: 'timestamps' | 'factorReturns'): string {
  return `history-${history}/${what}`;
}
