import { AssetSignalResult, type CrossSectionBatch, type RunOptions } from '@ml4t/core';
import { namedValues, type ParameterSpecs } from '@ml4t/core/nn';
import type { Engine } from '@ml4t/core/engine';
import { snapshotAt, type MemberWeights } from '@ml4t/core/ensemble';
import type { SAEConfig } from './config.ts';
import { completeRows } from './dataset.ts';
import type { SAEFit } from './fitted.ts';
import { evaluateRows, type Evaluation } from './members.ts';
import { inTargetUnit } from './metrics.ts';
import { saeParameters } from './network.ts';
import { standardScores, type TargetScale } from './targets.ts';

/** A trained ensemble and what its outputs mean. */
export interface Predictor extends Evaluation {
  readonly specs: ParameterSpecs;
  readonly members: readonly MemberWeights[];
  readonly signalNames: readonly string[];
  readonly unit: AssetSignalResult['unit'];
  readonly targets: TargetScale;
}

/** What a fit predicts with on an engine. */
export function predictorOf(engine: Engine, config: SAEConfig, fit: Omit<SAEFit, 'summary'>): Predictor {
  const { characteristicNames, targetNames, inputs, targets, members, ownReturns } = fit;
  const isReturn = ownReturns && inTargetUnit(config);
  return {
    engine,
    config,
    specs: saeParameters(config, { inputs: characteristicNames.length, outputs: targetNames.length }),
    scale: inputs,
    targets,
    members,
    signalNames: targetNames,
    unit: config.taskType !== 'regression' ? 'probability' : isReturn ? 'return' : 'score',
  };
}

/**
 * The members' mean prediction for every row, NaN where a characteristic is missing. Returns and scores are averaged as they are,
 * classifications as probabilities; outputs trained for rank IC have no scale, so each member's are standardised within the date
 * first.
 */
export async function predictBatch(
  predictor: Predictor,
  batch: CrossSectionBatch,
  checkpoint: string,
  options: Pick<RunOptions, 'signal'>,
): Promise<AssetSignalResult> {
  const { engine, config, specs, members, signalNames, unit, targets } = predictor;
  const c = signalNames.length;
  const rows = completeRows(batch, () => true);
  const signals = new Float64Array(batch.nRows * c).fill(Number.NaN);
  for (const row of rows) signals.fill(0, row * c, (row + 1) * c);
  const byDate = config.objective === 'rank-ic' && members.length > 1;
  for (const member of members) {
    const parameters = engine.parameters(namedValues(specs, snapshotAt(member, checkpoint)));
    try {
      const outputs = await evaluateRows(predictor, parameters, { batch, rows }, options);
      const share = 1 / members.length;
      const values = byDate ? standardisedByDate(batch, rows, outputs, c) : outputs;
      for (let i = 0; i < rows.length; i++)
        for (let j = 0; j < c; j++) {
          const z = values[i * c + j];
          const value = config.taskType === 'regression' ? targets.mean[j] + targets.scale[j] * z : sigmoid(z);
          signals[rows[i] * c + j] += share * value;
        }
    } finally {
      parameters.release();
    }
  }
  return new AssetSignalResult({ index: batch.index, signals, signalNames, unit, checkpoint });
}

function standardisedByDate(
  batch: CrossSectionBatch,
  rows: Int32Array,
  outputs: Float32Array,
  c: number,
): Float64Array {
  const out = new Float64Array(outputs.length);
  for (let t = 0, from = 0; t < batch.nDates; t++) {
    let to = from;
    while (to < rows.length && rows[to] < batch.index.rowOffsets[t + 1]) to++;
    for (let j = 0; j < c; j++) {
      const scores = standardScores(Float64Array.from({ length: to - from }, (_, i) => outputs[(from + i) * c + j]));
      for (let i = from; i < to; i++) out[i * c + j] = scores[i - from];
    }
    from = to;
  }
  return out;
}

function sigmoid(z: number): number {
  return 1 / (1 + Math.exp(-z));
}
