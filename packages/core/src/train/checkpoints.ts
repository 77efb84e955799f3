import { ConfigError } from '../errors.ts';
import type { Snapshot } from '../engine/index.ts';

export interface CheckpointOptions {
  /** Keep every n-th epoch. */
  readonly every?: number;
  /** Keep just these epochs; overrides `every`. */
  readonly epochs?: readonly number[];
}

/**
 * Weights and state after chosen epochs. The last epoch is always kept and, when there is a validation, the best. It
 * belongs to the caller, so whatever it holds stays usable after an abort or an error.
 */
export class Checkpoints {
  readonly #options: CheckpointOptions;
  readonly #kept = new Map<number, Snapshot>();
  #best: { readonly epoch: number; readonly snapshot: Snapshot } | undefined;
  #last: { readonly epoch: number; readonly snapshot: Snapshot } | undefined;

  constructor(options: CheckpointOptions = {}) {
    this.#options = options;
  }

  /** Whether the grid or the list asks for this epoch. */
  wants(epoch: number): boolean {
    const { every, epochs } = this.#options;
    return epochs ? epochs.includes(epoch) : every !== undefined && epoch % every === 0;
  }

  /** Records the end of an epoch. */
  add(epoch: number, snapshot: Snapshot, best: boolean): void {
    if (this.wants(epoch)) this.#kept.set(epoch, snapshot);
    if (best) this.#best = { epoch, snapshot };
    this.#last = { epoch, snapshot };
  }

  get bestEpoch(): number | undefined {
    return this.#best?.epoch;
  }

  get lastEpoch(): number | undefined {
    return this.#last?.epoch;
  }

  /** All epochs that can be had, ascending. */
  get epochs(): number[] {
    const extra = [this.#best?.epoch, this.#last?.epoch].filter((epoch) => epoch !== undefined);
    return [...new Set([...this.#kept.keys(), ...extra])].sort((a, b) => a - b);
  }

  /** The best by validation where there was one, else the last. */
  get defaultEpoch(): number | undefined {
    return this.#best?.epoch ?? this.#last?.epoch;
  }

  /**
   * Weights and state after an epoch.
   * @throws ConfigError when that epoch was not kept; the message lists those that were.
   */
  get(epoch: number | undefined = this.defaultEpoch): Snapshot {
    if (epoch !== undefined) {
      const kept = this.#kept.get(epoch);
      if (kept) return kept;
      if (this.#best?.epoch === epoch) return this.#best.snapshot;
      if (this.#last?.epoch === epoch) return this.#last.snapshot;
    }
    throw new ConfigError({
      field: 'checkpoint',
      expected: this.epochs.length > 0 ? `one of the epochs ${this.epochs.join(', ')}` : 'a finished epoch',
      found: epoch === undefined ? 'none' : String(epoch),
      remedy: 'Ask for a kept epoch, or train with a checkpoint grid that contains it.',
    });
  }
}
