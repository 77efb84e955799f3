import { describeProgress, type Progress } from '@ml4t/core';
import type { ExperimentEvent, PlannedTask, TaskEvent } from '../experiment/events.ts';
import { clearLine, onOneLine } from './printable.ts';
import type { TextSink } from './terminal.ts';

interface TrackedTask {
  readonly label: string;
  readonly group: string;
  begun?: number;
  seconds?: number;
  text: string;
  /** What it first and last said of the share of its work that is done. */
  first?: Share;
  last?: Share;
}

interface Share {
  readonly fraction: number;
  /** When it said so, in milliseconds. */
  readonly at: number;
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
 * The bar counts of a running task the share that it says is done. The time left is that of all tasks that are not done, divided by
 * the number done at a time, or of the longest if that is more. A running task that says its share goes on at its pace; any other
 * takes the mean time of its model's finished tasks, else of those whose pace is known, else the mean over all models.
 */
export class ProgressDisplay {
  private readonly sink: TextSink;
  private readonly enabled: boolean;
  private readonly now: () => number;
  private readonly started: number;
  private lastShown = Number.NEGATIVE_INFINITY;
  private onScreen = false;
  private tasks: TrackedTask[] = [];
  private position = new Map<string, number>();
  private lanes = 1;

  constructor(sink: TextSink, options: { readonly enabled: boolean; readonly now?: (() => number) | undefined }) {
    this.sink = sink;
    this.enabled = options.enabled;
    this.now = options.now ?? (() => performance.now());
    this.started = this.now();
  }

  /** Takes an event of a run. */
  hear(event: ExperimentEvent): void {
    if (event.kind === 'note') this.note(event.text);
    else if (event.kind === 'plan') this.plan(event.tasks, event.concurrency);
    else this.follow(event);
  }

  private note(text: string): void {
    this.show(() => `${text} (${clock((this.now() - this.started) / 1000)})`);
  }

  private plan(tasks: readonly PlannedTask[], lanes: number): void {
    this.tasks = tasks.map(({ label, group }) => ({ label, group, text: '' }));
    this.position = new Map(tasks.map(({ key }, at) => [key, at]));
    this.lanes = lanes;
  }

  private follow({ key, state, progress }: TaskEvent): void {
    const tracked = this.tasks[this.position.get(key) ?? -1];
    if (tracked === undefined) return;
    if (state === 'running' && progress) this.update(tracked, progress);
    else if (state === 'running') tracked.begun = this.now();
    else if (state === 'retrying') delete tracked.begun;
    else tracked.seconds = (this.now() - (tracked.begun ?? this.now())) / 1000;
    this.show(() => this.line());
  }

  private update(tracked: TrackedTask, progress: Progress): void {
    tracked.text = describeProgress(progress);
    if (progress.fraction !== undefined) {
      tracked.last = { fraction: progress.fraction, at: this.now() };
      tracked.first ??= tracked.last;
    }
  }

  /** Removes the line from a terminal, so that what is printed next starts on a clean one. */
  clear(): void {
    if (this.onScreen && this.sink.isTTY) this.sink.write(clearLine);
    this.onScreen = false;
  }

  private show(line: () => string): void {
    const interval = this.sink.isTTY ? TERMINAL_INTERVAL_MS : LOG_INTERVAL_MS;
    const now = this.now();
    if (!this.enabled || now - this.started < QUIET_MS || now - this.lastShown < interval) return;
    this.lastShown = now;
    // A terminal that does not know its width says 0.
    if (this.sink.isTTY) this.sink.write(`${clearLine}${cut(onOneLine(line()), (this.sink.columns || 80) - 1)}`);
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
    const time = left === undefined ? `${clock((this.now() - this.started) / 1000)} so far` : `${clock(left)} left`;
    if (!this.sink.isTTY) return `${done} of ${total} tasks done, ${time}${running === '' ? '' : `; ${running}`}`;
    const begun = this.tasks.reduce(
      (sum, { last, seconds }) => sum + (seconds === undefined ? (last?.fraction ?? 0) : 1),
      0,
    );
    const filled = Math.round((BAR_WIDTH * begun) / total);
    return `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}  ${done}/${total}  ${time}  ${running}`;
  }

  private secondsLeft(): number | undefined {
    const expected = (of: readonly TrackedTask[]): number | undefined =>
      mean(of.flatMap(({ seconds }) => seconds ?? [])) ?? mean(of.flatMap((task) => paceOf(task) ?? []));
    const overall = expected(this.tasks);
    if (overall === undefined) return undefined;
    const left: number[] = [];
    for (const task of this.tasks) {
      if (task.seconds !== undefined) continue;
      const alike = this.tasks.filter(({ group }) => group === task.group);
      const spent = task.begun === undefined ? 0 : (this.now() - task.begun) / 1000;
      left.push(Math.max(0, (paceOf(task) ?? expected(alike) ?? overall) - spent));
    }
    // However many are done at a time, the longest takes what it takes.
    return Math.max(left.reduce((sum, each) => sum + each, 0) / this.lanes, ...left);
  }
}

function cut(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}

/**
 * Seconds that a task takes in all if it goes on as it has since it first said its share: what came before, reading and preparing,
 * is no pace.
 */
function paceOf({ begun, first, last, seconds }: TrackedTask): number | undefined {
  if (begun === undefined || seconds !== undefined || !first || !last || last.fraction <= first.fraction)
    return undefined;
  const rate = (last.at - first.at) / (last.fraction - first.fraction);
  return (last.at - begun + rate * (1 - last.fraction)) / 1000;
}

function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** `0:07`, `12:30`, `1:02:05`. */
function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number): string => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
