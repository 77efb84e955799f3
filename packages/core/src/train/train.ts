import { throwIfAborted } from '../errors.ts';
import type { Engine, Optimizer, OptimizerOptions, ParameterSet, Snapshot } from '../engine/index.ts';
import { deriveKey, CounterRandom } from '../nn/index.ts';
import type { Ops, Parameters, Tensor } from '../nn/index.ts';
import { Checkpoints } from './checkpoints.ts';
import type { CheckpointOptions } from './checkpoints.ts';
import { EarlyStopping } from './early-stopping.ts';
import { isFiniteSnapshot } from './require-finite.ts';
import type { EarlyStoppingOptions } from './early-stopping.ts';
import { constantRate } from './schedule.ts';
import type { Schedule } from './schedule.ts';
import { isNonFinite, stopReasonRemedies } from '../results/fit-summary.ts';
import type { StopReason } from '../results/fit-summary.ts';

/** A network's loss on one batch: a scalar, written once against the vocabulary. */
export type Loss<B> = (ops: Ops, params: Parameters, batch: B) => Tensor;

export interface ValidationOptions<B> extends EarlyStoppingOptions {
  /** Batches for the training loss in evaluation mode, weighted by `size`. */
  readonly batches?: () => Iterable<B>;
  /** Or a criterion of the caller's own, such as a Sharpe ratio (then set `goal`). Overrides `batches`. */
  readonly criterion?: () => number | Promise<number>;
}

export interface TrainOptions<B> {
  readonly engine: Engine;
  readonly parameters: ParameterSet;
  readonly loss: Loss<B>;
  /** The batches of an epoch (from 1); the generator is the epoch's own. */
  readonly batches: (epoch: number, generator: CounterRandom) => Iterable<B>;
  /** Weight of a batch in the average loss of an epoch. Default 1. */
  readonly size?: (batch: B) => number;
  readonly epochs: number;
  /** Default 0. */
  readonly seed?: number;
  /** Options, or an optimizer whose moments carry over from an earlier run. Default Adam. */
  readonly optimizer?: OptimizerOptions | Optimizer;
  /** Base learning rate for the schedule. Default: the optimizer's. */
  readonly learningRate?: number;
  readonly schedule?: Schedule;
  /** Bound on the global gradient norm; null or not set: none. */
  readonly clip?: number | null;
  /** A grid or list, or an object of the caller's that outlives an abort. */
  readonly checkpoints?: CheckpointOptions | Checkpoints;
  readonly validation?: ValidationOptions<B> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: TrainingProgress) => void;
  /** Steps in a row without a finite loss and gradient, each left out, before training stops. Default 3. */
  readonly toleratedFailures?: number;
  /** Named in the error of an abort. Default `train`. */
  readonly operation?: string;
}

export interface EpochRecord {
  readonly epoch: number;
  /** Mean training loss, with dropout and batch statistics as in the steps. */
  readonly loss: number;
  readonly validation: number | undefined;
  readonly learningRate: number;
  /** Mean norm of the gradients before clipping. */
  readonly gradientNorm: number;
}

export interface TrainingProgress extends EpochRecord {
  readonly epochs: number;
  readonly seconds: number;
}

export interface TrainingRecord {
  readonly stopReason: StopReason;
  /** What to do when the reason is a failure, else empty. */
  readonly remedy: string;
  readonly history: readonly EpochRecord[];
  readonly checkpoints: Checkpoints;
  readonly bestEpoch: number | undefined;
  /** Updates made and updates left out for want of a finite gradient. */
  readonly steps: number;
  readonly skippedSteps: number;
  readonly seconds: number;
  readonly engine: string;
  readonly seed: number;
  /** Bytes the engine held at the end, which is its peak. */
  readonly reservedBytes: number;
}

/** Gives way to timers and signals so often, in milliseconds. */
const breath = 25;

/**
 * Trains a network: seeded mini-batches, an optimizer in the engine, a schedule, clipping, checkpoints, validation, early
 * stopping. On return the parameters hold the default checkpoint: the best by validation where there was one, else the last.
 * Equal seeds, data and engine give equal bits.
 *
 * @throws AbortedError when the signal fires; the checkpoints handed in keep what they hold.
 */
export async function train<B>(options: TrainOptions<B>): Promise<TrainingRecord> {
  const { engine, parameters, epochs, seed = 0, validation, signal, operation = 'train' } = options;
  const { schedule = constantRate, toleratedFailures = 3 } = options;
  const checkpoints =
    options.checkpoints instanceof Checkpoints ? options.checkpoints : new Checkpoints(options.checkpoints);
  const stopping = new EarlyStopping(validation);
  const own = isOptimizer(options.optimizer) ? undefined : engine.optimizer(parameters, options.optimizer);
  const optimizer = own ?? (options.optimizer as Optimizer);
  const base = options.learningRate ?? optimizer.learningRate;
  const history: EpochRecord[] = [];
  const started = performance.now();
  const counts = { steps: 0, skipped: 0 };
  let stopReason: StopReason = 'max-epochs';
  let good = await parameters.read();
  let breathed = started;

  const run = async (epoch: number): Promise<EpochRecord | StopReason> => {
    const rate = base * schedule(epoch, epochs);
    const key = deriveKey(deriveKey(seed, 'epoch'), epoch);
    let [sum, weight, norms, steps, failures] = [0, 0, 0, 0, 0];
    for (const batch of options.batches(epoch, new CounterRandom(key))) {
      throwIfAborted(signal, operation);
      const loss = await optimizer.accumulate((ops) => options.loss(ops, parameters.tensors, batch), {
        seed: deriveKey(key, counts.steps + counts.skipped),
      });
      const { applied, gradientNorm } = await optimizer.apply({
        learningRate: rate,
        ...(typeof options.clip === 'number' ? { clip: options.clip } : {}),
      });
      if (applied && Number.isFinite(loss)) {
        const size = options.size?.(batch) ?? 1;
        [sum, weight, norms, steps, failures] = [sum + size * loss, weight + size, norms + gradientNorm, steps + 1, 0];
        counts.steps++;
      } else {
        counts.skipped++;
        // The forward pass may have written what is not a number into running statistics.
        parameters.write(Object.fromEntries(parameters.state.map((name) => [name, good[name]])));
        if (++failures >= toleratedFailures) return Number.isFinite(loss) ? 'non-finite-gradient' : 'non-finite-loss';
      }
      if (performance.now() - breathed > breath) {
        await new Promise((resolve) => setImmediate(resolve));
        breathed = performance.now();
      }
    }
    throwIfAborted(signal, operation);
    const criterion = validation && (await validate(options, validation));
    return { epoch, loss: sum / weight, validation: criterion, learningRate: rate, gradientNorm: norms / steps };
  };

  try {
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const result = await run(epoch);
      if (typeof result === 'string') {
        stopReason = result;
        break;
      }
      const reached = await parameters.read();
      if (!isFiniteSnapshot(reached)) {
        stopReason = 'non-finite-parameters';
        parameters.write(good);
        break;
      }
      history.push(result);
      good = reached;
      const seen = result.validation === undefined ? undefined : stopping.observe(epoch, result.validation);
      checkpoints.add(epoch, good, seen?.best ?? false);
      options.onProgress?.({ ...result, epochs, seconds: (performance.now() - started) / 1000 });
      if (seen?.stop) {
        stopReason = 'early-stopping';
        break;
      }
    }
    const chosen: Snapshot = checkpoints.defaultEpoch === undefined ? good : checkpoints.get();
    parameters.write(chosen);
  } finally {
    own?.release();
  }
  return {
    stopReason,
    remedy: isNonFinite(stopReason) ? stopReasonRemedies[stopReason] : '',
    history,
    checkpoints,
    bestEpoch: checkpoints.bestEpoch,
    steps: counts.steps,
    skippedSteps: counts.skipped,
    seconds: (performance.now() - started) / 1000,
    engine: engine.description,
    seed,
    reservedBytes: engine.memory().reservedBytes,
  };
}

function isOptimizer(given: OptimizerOptions | Optimizer | undefined): given is Optimizer {
  return given !== undefined && 'accumulate' in given;
}

/** The criterion of an epoch: the caller's, or the loss in evaluation mode over the validation batches. */
async function validate<B>(options: TrainOptions<B>, validation: ValidationOptions<B>): Promise<number | undefined> {
  if (validation.criterion) return validation.criterion();
  if (!validation.batches) return undefined;
  let sum = 0;
  let weight = 0;
  for (const batch of validation.batches()) {
    throwIfAborted(options.signal, options.operation ?? 'train');
    const { loss } = await options.engine.evaluate((ops) => ({
      loss: options.loss(ops, options.parameters.tensors, batch),
    }));
    const size = options.size?.(batch) ?? 1;
    sum += size * loss[0];
    weight += size;
  }
  return sum / weight;
}
