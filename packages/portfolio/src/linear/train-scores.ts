import type { HistoryEntry, PortfolioSequenceBatch, RunOptions, StopReason } from '@ml4t/core';
import { onlyFinite } from '@ml4t/core/authoring';
import type { Engine } from '@ml4t/core/engine';
import { memberNotes, snapshotAt } from '@ml4t/core/ensemble';
import type { AnnualConfig } from '../config.ts';
import { trainMember } from '../training/member.ts';
import { networkSizes, windowSource, type InputScale } from '../training/windows.ts';
import { linearNetwork } from './network.ts';
import type { LinearScores } from './ridge.ts';

export interface ScoreTraining {
  readonly engine: Engine;
  readonly config: AnnualConfig;
  readonly network: ReturnType<typeof linearNetwork>;
  readonly scale: InputScale;
  readonly train: PortfolioSequenceBatch;
  readonly validation: PortfolioSequenceBatch | undefined;
  readonly start: LinearScores;
}

export interface TrainedScores {
  /** By checkpoint. */
  readonly checkpoints: Readonly<Record<string, LinearScores>>;
  readonly stopReason: StopReason;
  readonly steps: number;
  readonly history: readonly HistoryEntry[];
  readonly notes: readonly string[];
}

/** Trains linear scores on the portfolio objective, from where they start. */
export async function trainScores(training: ScoreTraining, options: RunOptions<'training'>): Promise<TrainedScores> {
  const { engine, config, network, scale, train, validation, start } = training;
  const specs = network.parameters(networkSizes(train));
  const source = (batch: PortfolioSequenceBatch): ReturnType<typeof windowSource> =>
    windowSource(batch, scale, new Int32Array(batch.nAssets), config.holdings);
  const starting: Readonly<Record<string, Float64Array>> = {
    weight: start.coefficients,
    bias: Float64Array.of(start.intercept),
  };
  const history: HistoryEntry[] = [];
  const member = await trainMember(
    engine,
    {
      network,
      config,
      source: source(train),
      validation: validation && source(validation),
      operation: 'LinearFeaturePortfolioModel.fit',
      start: () =>
        Object.entries(specs).map(([name, { shape }]) => ({ name, shape, values: starting[name], state: false })),
    },
    {
      seed: config.seed,
      member: 0,
      signal: options.signal,
      report(event, besides) {
        const { phase, unit, step, metrics } = event;
        history.push({ phase, unit, step, metrics: onlyFinite({ ...metrics, ...besides }) });
        options.onProgress?.(event);
      },
    },
  );
  const scoresAt = (checkpoint: string): LinearScores => {
    const { weight, bias } = snapshotAt(member, checkpoint);
    return { coefficients: Float64Array.from(weight), intercept: 'bias' in specs ? bias[0] : start.intercept };
  };
  return {
    checkpoints: Object.fromEntries(Object.keys(member.checkpoints).map((name) => [name, scoresAt(name)])),
    stopReason: member.stopReason,
    steps: member.length,
    history,
    notes: memberNotes([member], 'step'),
  };
}
