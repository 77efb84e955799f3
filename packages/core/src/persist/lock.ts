import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, readdir, rename, rm, rmdir, stat, unlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Ml4tError, OutputError, throwIfAborted } from '../errors.ts';
import { makeFolders, removeEmptyFolders } from './folders.ts';
import { describeOwner, isAlive, newOwner, parseOwner, retire, type LockOwner } from './lock-owner.ts';
import { systemCode } from './replace-file.ts';

export interface LockOptions {
  /** What the lock is held for, in a few words; others are told. */
  readonly purpose: string;
  /** Waits for the holder to be done, instead of throwing. */
  readonly wait?: boolean | undefined;
  /** Stops waiting. */
  readonly signal?: AbortSignal | undefined;
  /** Called once, when there is somebody to wait for. */
  readonly onWait?: ((holder: string) => void) | undefined;
  /** Milliseconds between the holder's signs of life; 5,000 unless stated. */
  readonly beatEvery?: number | undefined;
  /**
   * Milliseconds after which a holder that this system cannot ask about counts as gone; 120,000 unless stated. Every holder and
   * every contender has to be given about the same.
   */
  readonly staleAfter?: number | undefined;
}

/** A lock that is held. */
export interface Lock {
  readonly owner: LockOwner;
  /** Fires when somebody else took the lock for one of a holder that is gone, with the OutputError that says so as its reason. */
  readonly signal: AbortSignal;
  /** Gives the lock up; what another holder has by now is left alone. Never throws. */
  release(): Promise<void>;
}

/** How often a lock that looks free and cannot be taken is tried. */
const attempts = 20;
const orphanAge = 86_400_000;

/**
 * Takes the lock at `path`, so that of all the processes that ask for it, on this machine or on others that share the disk, one at
 * a time has it.
 *
 * The lock is a folder with one file, which is named by a token of its acquisition and says who has it. The folder is made elsewhere
 * and renamed to `path`, which a file system does whole or not at all and only while there is nothing, or an empty folder: so it
 * never holds two tokens, and never one without its owner. Giving up is removing the file of one's own token, and taking over
 * is removing the file of a token whose owner is gone, before competing like anybody else: neither can hit another acquisition,
 * however late it comes, because no other has a file of that name.
 *
 * An owner on this system is asked about by its process number and the time it was started. Any other counts as gone when it
 * has given no sign of life for `staleAfter`, by the clock of the disk. A machine that stops for longer and comes back finds
 * its lock lost: `signal` tells it.
 *
 * @throws OutputError somebody else has it, or it cannot be made; AbortedError
 */
export async function acquireLock(path: string, options: LockOptions): Promise<Lock> {
  const target = resolve(path);
  const owner = newOwner(randomUUID(), options.purpose);
  const staged = `${target}.${owner.token}`;
  let made: string[] = [];
  try {
    made = await stage(staged, owner);
    await compete(target, staged, owner, options);
    await sweep(target);
  } catch (error) {
    await rm(staged, { recursive: true, force: true }).catch(() => undefined);
    await giveUp(target, owner, made);
    throw error instanceof Ml4tError || systemCode(error) === '' ? error : notLockable(target, error);
  }
  return held(target, owner, made, options.beatEvery ?? 5000);
}

function held(target: string, owner: LockOwner, made: readonly string[], beatEvery: number): Lock {
  const lost = new AbortController();
  const file = fileOf(target, owner);
  const beat = setInterval(() => {
    void signOfLife(file, owner).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') lost.abort(takenAway(target));
    });
  }, beatEvery);
  beat.unref();
  return {
    owner,
    signal: lost.signal,
    async release() {
      clearInterval(beat);
      await giveUp(target, owner, made);
    },
  };
}

async function giveUp(target: string, owner: LockOwner, made: readonly string[]): Promise<void> {
  // A file that cannot be removed is taken over later: its owner is gone from now on.
  await unlink(fileOf(target, owner)).catch(() => undefined);
  await rmdir(target).catch(() => undefined);
  await removeEmptyFolders(made);
  retire(owner);
}

/** Makes the folder that is to become the lock, and those above it; returns those above that were missing. */
async function stage(staged: string, owner: LockOwner): Promise<string[]> {
  for (let attempt = 0; ; attempt++) {
    const made = await makeFolders(dirname(staged));
    try {
      await mkdir(staged);
      await writeFile(fileOf(staged, owner), textOf(owner));
      return made;
    } catch (error) {
      await rm(staged, { recursive: true, force: true }).catch(() => undefined);
      await removeEmptyFolders(made);
      // Another holder, on its way out, may have removed a folder that it had made, or swept up this one, empty as it was.
      if (systemCode(error) !== 'ENOENT' || attempt > attempts) throw error;
    }
  }
}

async function compete(target: string, staged: string, owner: LockOwner, options: LockOptions): Promise<void> {
  const { signal, staleAfter = 120_000 } = options;
  let told = false;
  for (let failures = 0; ;) {
    throwIfAborted(signal, options.purpose);
    const refused = await take(target, staged, owner);
    if (refused === undefined) return;
    const holder = await holderOf(target);
    if (holder === undefined) {
      // Given up in this moment; or an empty folder, which not every system lets a rename replace.
      await rmdir(target).catch(() => undefined);
      if (++failures > attempts) throw refused;
    } else if (await isGone(holder, fileOf(staged, owner), owner, staleAfter)) {
      await unlink(holder.file).catch((error: unknown) => {
        if (systemCode(error) !== 'ENOENT') throw error;
      });
    } else {
      const who = holder.owner ? describeOwner(holder.owner) : 'somebody who left no name';
      if (!options.wait) throw busy(target, who);
      if (!told) options.onWait?.(who);
      told = true;
      await sleep(50 + Math.random() * 200, undefined, signal ? { signal } : {}).catch(() => undefined);
    }
  }
}

/** Renames the staged folder into place: undefined when that was done, else why not. */
async function take(target: string, staged: string, owner: LockOwner): Promise<unknown> {
  try {
    await rename(staged, target);
    if (await exists(fileOf(target, owner))) return undefined;
    // Swept up in between, and renamed empty: the lock is nobody's.
    await stage(staged, owner);
    return interrupted(target);
  } catch (error) {
    // A server that was asked twice, because its first answer was lost, says no the second time.
    if (await exists(fileOf(target, owner))) return undefined;
    if (!['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES', 'ENOENT'].includes(systemCode(error))) throw error;
    if (!(await exists(fileOf(staged, owner)))) await stage(staged, owner);
    return error;
  }
}

interface Holder {
  readonly file: string;
  readonly owner: LockOwner | undefined;
}

/** Undefined when nobody holds the lock. */
async function holderOf(target: string): Promise<Holder | undefined> {
  const names = await readdir(target).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  });
  if (names.length === 0) return undefined;
  const file = join(target, names[0]);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : { file, owner: parseOwner(text) };
}

async function isGone(
  { file, owner: other }: Holder,
  own: string,
  owner: LockOwner,
  staleAfter: number,
): Promise<boolean> {
  const alive = other && (await isAlive(other));
  if (alive !== undefined) return !alive;
  // Both times are of the clock that the disk has, whatever those of the machines say.
  await signOfLife(own, owner);
  const [now, then] = await Promise.all([stat(own), stat(file).catch(() => undefined)]);
  return then !== undefined && now.mtimeMs - then.mtimeMs > staleAfter;
}

/** Writes the file of an owner again, which must be there: its time changes, its content does not. */
async function signOfLife(file: string, owner: LockOwner): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.write(textOf(owner), 0);
  } finally {
    await handle.close();
  }
}

/** Removes what contenders that are gone had staged. */
async function sweep(target: string): Promise<void> {
  const prefix = `${basename(target)}.`;
  const names = await readdir(dirname(target)).catch(() => []);
  for (const name of names.filter((each) => each.startsWith(prefix) && each.length === prefix.length + 36)) {
    const folder = join(dirname(target), name);
    const file = join(folder, `${name.slice(prefix.length)}.json`);
    const owner = parseOwner(await readFile(file, 'utf8').catch(() => ''));
    // Who is about to write its name, or has half of it, begins again.
    const alive = owner ? await isAlive(owner) : false;
    const age = Date.now() - (await stat(folder).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
    if (alive === false || (alive === undefined && age > orphanAge))
      await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

function fileOf(folder: string, { token }: LockOwner): string {
  return join(folder, `${token}.json`);
}

function textOf(owner: LockOwner): string {
  return `${JSON.stringify(owner)}\n`;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => {
      if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return false;
      throw error;
    },
  );
}

function busy(target: string, holder: string): OutputError {
  return new OutputError({
    field: target,
    expected: 'nobody else at work here',
    found: holder,
    remedy: `Wait for it to be done; if it is none of this library's any more, remove ${target}.`,
  });
}

function takenAway(target: string): OutputError {
  return new OutputError({
    field: target,
    expected: 'to keep the lock until it is given up',
    found: 'that somebody else took it, after no sign of life from here for too long',
    remedy: 'Run again; and look why this machine stood still.',
  });
}

function interrupted(target: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`ENOENT: ${target} was removed while it was taken`), { code: 'ENOENT' });
}

function notLockable(target: string, cause: unknown): OutputError {
  return new OutputError({
    field: target,
    expected: 'a lock that can be made',
    found: systemCode(cause) === 'ENOTDIR' ? 'a file in its place' : (cause as Error).message.split('\n', 1)[0],
    remedy: 'Check the rights of the folder, that it can be written to, and that nothing of that name is in the way.',
    cause,
  });
}
