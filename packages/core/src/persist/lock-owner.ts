import { readFileSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { threadId } from 'node:worker_threads';

/** Who holds a lock. */
export interface LockOwner {
  readonly host: string;
  /** The run of the system and the space of process numbers that `process` counts in; empty where the system does not say. */
  readonly space: string;
  readonly process: number;
  /** When the process was started, in the system's own count: process numbers come again. Empty where the system does not say. */
  readonly started: string;
  readonly thread: number;
  /** Of this one acquisition. */
  readonly token: string;
  /** What the lock is held for, in a few words. */
  readonly purpose: string;
  /** ISO 8601. */
  readonly since: string;
}

/** Tokens of this thread that are held, or waited with. */
const live = new Set<string>();

export function newOwner(token: string, purpose: string): LockOwner {
  live.add(token);
  return {
    ...here(),
    process: process.pid,
    started: startOf(process.pid) ?? '',
    thread: threadId,
    token,
    purpose,
    since: new Date().toISOString(),
  };
}

/** Says that the token is held no more, whatever is left of it on the disk. */
export function retire({ token }: LockOwner): void {
  live.delete(token);
}

/** An owner from its text; undefined where the text is something else. */
export function parseOwner(text: string): LockOwner | undefined {
  try {
    const value = JSON.parse(text) as Partial<LockOwner> | null;
    const texts = [value?.host, value?.space, value?.started, value?.token, value?.purpose, value?.since];
    return Number.isInteger(value?.process) && texts.every((each) => typeof each === 'string')
      ? (value as LockOwner)
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether an owner lives, as far as this system knows; undefined when it cannot know: the process is of another machine, of
 * another container, or of a run of the machine before this one.
 */
export async function isAlive(owner: LockOwner): Promise<boolean | undefined> {
  const { host, space } = here();
  if (owner.host !== host || owner.space !== space) return undefined;
  if (owner.process === process.pid && owner.started === (startOf(process.pid) ?? ''))
    return owner.thread !== threadId || live.has(owner.token);
  try {
    process.kill(owner.process, 0);
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const text = await readFile(`/proc/${owner.process}/stat`, 'latin1').catch(() => undefined);
  if (text === undefined || owner.started === '') return true;
  const { state, started, threads } = processFacts(text);
  // A zombie has ended, and only waits for its parent to hear of it; but the first thread may end before the others, which still write.
  return started === owner.started && !((state === 'Z' || state === 'X') && threads <= 1);
}

/** `process 12 of host, running since …`: for an error or a line that says who is waited for. */
export function describeOwner({ process: id, host, purpose, since }: LockOwner): string {
  return `process ${id} of ${host} (${purpose}, since ${since})`;
}

let place: Pick<LockOwner, 'host' | 'space'> | undefined;

function here(): Pick<LockOwner, 'host' | 'space'> {
  return (place ??= {
    host: hostname(),
    space: [
      attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()),
      attempt(() => readlinkSync('/proc/self/ns/pid')),
    ].join(' '),
  });
}

function startOf(id: number): string | undefined {
  const text = attempt(() => readFileSync(`/proc/${id}/stat`, 'latin1'));
  return text === '' ? undefined : processFacts(text).started;
}

/** Of /proc/<id>/stat: the name in parentheses may hold anything, so what counts begins after the last of them. */
function processFacts(text: string): { readonly state: string; readonly threads: number; readonly started: string } {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0], threads: Number(fields[17]), started: fields[19] ?? '' };
}

function attempt(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
