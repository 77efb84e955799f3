import type { Transferable, Worker } from 'node:worker_threads';
import { AbortedError, WorkerError } from '../errors.ts';

interface Job {
  readonly request: unknown;
  readonly transfer: readonly Transferable[];
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Worker threads that take one request each at a time and post one reply to it. A thread that ends in between, however it does, ends its
 * request with a WorkerError that says why, and the next request has a new thread: no request is ever left without an end.
 */
export class WorkerPool<Reply> {
  readonly #size: number;
  readonly #operation: string;
  readonly #start: () => Worker;
  readonly #idle: Worker[] = [];
  readonly #busy = new Map<Worker, Job>();
  readonly #waiting: Job[] = [];
  readonly #ending = new Set<Promise<unknown>>();
  readonly #watched = new Map<AbortSignal, { readonly jobs: Set<Job>; readonly onAbort: () => void }>();

  /**
   * @param size threads at most, started when there is something for them to do
   * @param operation what an abort interrupts, for its error
   * @param start makes a thread that answers every message with one
   */
  constructor(size: number, operation: string, start: () => Worker) {
    this.#size = size;
    this.#operation = operation;
    this.#start = start;
  }

  /**
   * @param transfer what of the request moves to the thread instead of being copied
   * @throws WorkerError the thread ended; AbortedError, and then the thread is ended where it stands
   */
  run(request: unknown, transfer: readonly Transferable[] = [], signal?: AbortSignal): Promise<Reply> {
    return new Promise<Reply>((resolve, reject) => {
      const ended = (): void => this.#unwatch(job, signal);
      const job: Job = {
        request,
        transfer,
        resolve: (reply) => {
          ended();
          resolve(reply as Reply);
        },
        reject: (error) => {
          ended();
          reject(error as Error);
        },
      };
      if (signal?.aborted) return job.reject(new AbortedError(this.#operation, signal.reason));
      if (signal) this.#watch(job, signal);
      this.#waiting.push(job);
      this.#next();
    });
  }

  /** Ends every thread; requests that are not done are aborted. */
  async close(): Promise<void> {
    this.#dropAll([...this.#waiting, ...this.#busy.values()], new AbortedError(this.#operation));
    for (const worker of this.#idle.splice(0)) this.#end(worker);
    await Promise.all(this.#ending);
  }

  /** One listener for a signal, however many requests it stops. */
  #watch(job: Job, signal: AbortSignal): void {
    const watched = this.#watched.get(signal);
    if (watched) {
      watched.jobs.add(job);
      return;
    }
    const jobs = new Set([job]);
    const onAbort = (): void => this.#dropAll([...jobs], new AbortedError(this.#operation, signal.reason));
    signal.addEventListener('abort', onAbort, { once: true });
    this.#watched.set(signal, { jobs, onAbort });
  }

  #unwatch(job: Job, signal: AbortSignal | undefined): void {
    const watched = signal && this.#watched.get(signal);
    if (!watched) return;
    watched.jobs.delete(job);
    if (watched.jobs.size > 0) return;
    signal.removeEventListener('abort', watched.onAbort);
    this.#watched.delete(signal);
  }

  #next(): void {
    while (this.#waiting.length > 0 && this.#busy.size < this.#size) {
      const job = this.#waiting.shift() as Job;
      try {
        const worker = this.#idle.pop() ?? this.#open();
        this.#busy.set(worker, job);
        worker.postMessage(job.request, job.transfer);
      } catch (error) {
        this.#drop(job, lost(`that it cannot be given the task (${messageOf(error)})`));
      }
    }
  }

  #open(): Worker {
    const worker = this.#start();
    worker.on('message', (reply) => {
      const job = this.#busy.get(worker);
      if (!job) return;
      this.#busy.delete(worker);
      this.#idle.push(worker);
      job.resolve(reply);
      this.#next();
    });
    worker.on('messageerror', (error) => this.#fail(worker, `an answer that cannot be read (${messageOf(error)})`));
    worker.on('error', (error) => this.#fail(worker, reasonOf(error)));
    worker.on('exit', (code) => this.#fail(worker, `that it exited with code ${code}`));
    return worker;
  }

  /** What a thread was doing ends with it. */
  #fail(worker: Worker, found: string): void {
    const at = this.#idle.indexOf(worker);
    if (at >= 0) this.#idle.splice(at, 1);
    const job = this.#busy.get(worker);
    this.#busy.delete(worker);
    this.#end(worker);
    job?.reject(lost(found));
    this.#next();
  }

  /** Jobs that nobody waits for any more: those that wait before those at work, or a thread would be started for each of them. */
  #dropAll(jobs: readonly Job[], error: Error): void {
    const dropped = new Set(jobs);
    const waiting = this.#waiting.filter((job) => !dropped.has(job));
    this.#waiting.splice(0, this.#waiting.length, ...waiting);
    for (const job of jobs) this.#drop(job, error);
  }

  /** A job that nobody waits for any more. */
  #drop(job: Job, error: Error): void {
    const at = this.#waiting.indexOf(job);
    if (at >= 0) this.#waiting.splice(at, 1);
    for (const [worker, doing] of this.#busy)
      if (doing === job) {
        this.#busy.delete(worker);
        this.#end(worker);
      }
    job.reject(error);
    this.#next();
  }

  #end(worker: Worker): void {
    const ending = worker.terminate().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}

function reasonOf(error: unknown): string {
  if ((error as NodeJS.ErrnoException | null)?.code === 'ERR_WORKER_OUT_OF_MEMORY')
    return 'that it ran out of memory (of its JavaScript heap)';
  return `an error that nothing caught: ${messageOf(error)}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function lost(found: string): WorkerError {
  return new WorkerError({
    field: 'worker thread',
    expected: 'an answer',
    found,
    remedy:
      'Where memory was short take fewer threads, or more memory (NODE_OPTIONS=--max-old-space-size=…); then try again.',
  });
}
