/** Where the command prints, and what may stop it. Tests pass their own. */
export interface Terminal {
  /** Results. */
  readonly stdout: TextSink;
  /** Errors, warnings and progress. */
  readonly stderr: TextSink;
  /** Fires on Ctrl-C, SIGTERM and SIGHUP. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds, for progress; the process's own clock where absent. */
  readonly now?: (() => number) | undefined;
}

export interface TextSink {
  write(text: string): unknown;
  /** A person is watching: a line may be rewritten in place. */
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
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
