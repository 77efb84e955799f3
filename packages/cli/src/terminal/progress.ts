import type { TextSink } from './terminal.ts';

/** Hears where a run stands. */
export interface ProgressSink {
  /** Work that is not counted in tasks: reading, writing. */
  note(text: string): void;
  /** The tasks to come, and how many are done at a time. Tasks of one group take about as long as each other. */
  start(tasks: readonly { readonly label: string; readonly group: string }[], lanes: number): void;
  begin(task: number): void;
  update(task: number, text: string): void;
  finish(task: number): void;
}

interface TrackedTask {
  readonly label: string;
  readonly group: string;
  begun?: number;
  seconds?: number;
  text: string;
}

/** Nothing is shown before, so that short jobs stay quiet. */
const QUIET_MS = 2000;
const TERMINAL_INTERVAL_MS = 100;
const LOG_INTERVAL_MS = 10_000;
const BAR_WIDTH = 20;

/**
 * Shows where a run stands: on a terminal one line with a bar that is rewritten in place, in a log a line now and then.
 *
 *     ████████████░░░░░░░░  24/40  1:20 left  cae fold 3: epoch 12 of 100 · ipca fold 9
 *
 * The time left is the mean time of the finished tasks of each model over the tasks that it still has, divided by the
 * number done at a time; models without a finished task count as the mean of the others.
 */
export class ProgressDisplay implements ProgressSink {
  private readonly sink: TextSink;
  private readonly enabled: boolean;
  private readonly now: () => number;
  private readonly started: number;
  private lastShown = Number.NEGATIVE_INFINITY;
  private onScreen = false;
  private tasks: TrackedTask[] = [];
  private lanes = 1;

  constructor(sink: TextSink, options: { readonly enabled: boolean; readonly now?: (() => number) | undefined }) {
    this.sink = sink;
    this.enabled = options.enabled;
    this.now = options.now ?? (() => performance.now());
    this.started = this.now();
  }

  note(text: string): void {
    this.show(() => `${text} (${clock((this.now() - this.started) / 1000)})`);
  }

  start(tasks: readonly { readonly label: string; readonly group: string }[], lanes: number): void {
    this.tasks = tasks.map(({ label, group }) => ({ label, group, text: '' }));
    this.lanes = lanes;
  }

  begin(task: number): void {
    this.tasks[task].begun = this.now();
    this.show(() => this.line());
  }

  update(task: number, text: string): void {
    this.tasks[task].text = text;
    this.show(() => this.line());
  }

  finish(task: number): void {
    const tracked = this.tasks[task];
    tracked.seconds = (this.now() - (tracked.begun ?? this.now())) / 1000;
    this.show(() => this.line());
  }

  /** Removes the line from a terminal, so that what is printed next starts on a clean one. */
  clear(): void {
    if (this.onScreen && this.sink.isTTY) this.sink.write('\r\u001b[2K');
    this.onScreen = false;
  }

  private show(line: () => string): void {
    const interval = this.sink.isTTY ? TERMINAL_INTERVAL_MS : LOG_INTERVAL_MS;
    const now = this.now();
    if (!this.enabled || now - this.started < QUIET_MS || now - this.lastShown < interval) return;
    this.lastShown = now;
    if (this.sink.isTTY) this.sink.write(`\r\u001b[2K${line().slice(0, (this.sink.columns ?? 80) - 1)}`);
    else this.sink.write(`${line()}\n`);
    this.onScreen = true;
  }

  private line(): string {
    const total = this.tasks.length;
    const done = this.tasks.filter(({ seconds }) => seconds !== undefined).length;
    const running = this.tasks
      .filter(({ begun, seconds }) => begun !== undefined && seconds === undefined)
      .map(({ label, text }) => (text === '' ? label : `${label}: ${text}`))
      .join(' · ');
    const left = this.secondsLeft();
    const time = left === undefined ? clock((this.now() - this.started) / 1000) : `${clock(left)} left`;
    if (!this.sink.isTTY) return `${done} of ${total} tasks done, ${time}${running === '' ? '' : `; ${running}`}`;
    const filled = Math.round((BAR_WIDTH * done) / total);
    return `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}  ${done}/${total}  ${time}  ${running}`;
  }

  private secondsLeft(): number | undefined {
    const finished = this.tasks.flatMap(({ group, seconds }) => (seconds === undefined ? [] : [{ group, seconds }]));
    if (finished.length === 0) return undefined;
    const mean = (of: readonly { readonly seconds: number }[]): number =>
      of.reduce((sum, { seconds }) => sum + seconds, 0) / of.length;
    const overall = mean(finished);
    let left = 0;
    for (const { group, begun, seconds } of this.tasks) {
      if (seconds !== undefined) continue;
      const alike = finished.filter((each) => each.group === group);
      const spent = begun === undefined ? 0 : (this.now() - begun) / 1000;
      left += Math.max(0, (alike.length > 0 ? mean(alike) : overall) - spent);
    }
    return left / this.lanes;
  }
}

/** `0:07`, `12:30`, `1:02:05`. */
function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number): string => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
