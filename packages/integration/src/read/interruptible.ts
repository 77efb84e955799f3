import { AbortedError } from '@ml4t/core';

/** Waits for promises of a source that cannot be stopped, and gives up on them when told to. */
export class Interruptible {
  #giveUp: (() => void) | undefined;
  #isInterrupted = false;

  /** True while a promise is waited for, or was given up on: its source may still be at work. */
  get isBusy(): boolean {
    return this.#giveUp !== undefined;
  }

  /** The outcome of a promise. Throws AbortedError as soon as `interrupt` is called, and starts none after that. */
  async wait<T>(start: () => Promise<T>): Promise<T> {
    if (this.#isInterrupted) throw new AbortedError('reading');
    const outcome = await new Promise<T>((resolve, reject) => {
      this.#giveUp = () => {
        reject(new AbortedError('reading'));
      };
      start().then(resolve, (error: unknown) => {
        this.#giveUp = undefined;
        reject(error instanceof Error ? error : new Error(String(error)));
      });
    });
    this.#giveUp = undefined;
    return outcome;
  }

  interrupt(): void {
    this.#isInterrupted = true;
    this.#giveUp?.();
  }
}
