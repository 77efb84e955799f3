/** Where the command prints, and what may stop it. Tests pass their own. */
export interface Terminal {
  /** Results. */
  readonly stdout: TextSink;
  /** Errors, warnings and progress. */
  readonly stderr: TextSink;
  /** Fires on Ctrl-C. */
  readonly signal?: AbortSignal | undefined;
}

export interface TextSink {
  write(text: string): unknown;
  /** A person is watching: a line may be rewritten in place. */
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/**
 * Says where a long computation stands: on a terminal one line that is rewritten, in a log a line now and then.
 * Nothing is shown in the first two seconds, so short jobs stay quiet.
 */
export class ProgressLine {
  private readonly sink: TextSink;
  private readonly enabled: boolean;
  private readonly now: () => number;
  private readonly start: number;
  private lastShown = Number.NEGATIVE_INFINITY;
  private onScreen = false;

  constructor(sink: TextSink, options: { readonly enabled: boolean; readonly now?: () => number }) {
    this.sink = sink;
    this.enabled = options.enabled;
    this.now = options.now ?? (() => performance.now());
    this.start = this.now();
  }

  show(text: string): void {
    const elapsed = this.now() - this.start;
    const interval = this.sink.isTTY ? 100 : 2000;
    if (!this.enabled || elapsed < 2000 || this.now() - this.lastShown < interval) return;
    this.lastShown = this.now();
    const line = `${text} (${(elapsed / 1000).toFixed(0)} s)`;
    if (this.sink.isTTY) this.sink.write(`\r\u001b[2K${line.slice(0, (this.sink.columns ?? 80) - 1)}`);
    else this.sink.write(`${line}\n`);
    this.onScreen = true;
  }

  /** Removes the line from a terminal, so that what is printed next starts on a clean one. */
  clear(): void {
    if (this.onScreen && this.sink.isTTY) this.sink.write('\r\u001b[2K');
    this.onScreen = false;
  }
}

/** Prints each warning once, when it is first met. */
export class Warnings {
  readonly messages: string[] = [];
  private readonly print: (message: string) => void;

  constructor(print: (message: string) => void) {
    this.print = print;
  }

  add(message: string): void {
    if (this.messages.includes(message)) return;
    this.messages.push(message);
    this.print(message);
  }
}
