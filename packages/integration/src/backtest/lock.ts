import { open, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { OutputError } from '@ml4t/core';

/** Locks that this process holds. */
const held = new Set<string>();

/**
 * Makes a file that says who is writing, and returns how to remove it. A file left by a process that is gone is taken
 * over: this machine knows which of its processes live.
 *
 * @throws OutputError another writer is at work, or seems to be on another machine
 */
export async function acquireLock(path: string): Promise<() => Promise<void>> {
  const key = resolve(path);
  if (held.has(key)) throw busy(path, 'another call of this process');
  held.add(key);
  try {
    await takeOver(path);
    return async () => {
      // A file that cannot be removed is taken over later, once this process is gone or by itself.
      await rm(path, { force: true }).catch(() => undefined);
      held.delete(key);
    };
  } catch (error) {
    held.delete(key);
    throw error;
  }
}

async function takeOver(path: string): Promise<void> {
  // Twice: what the first attempt finds may be a file to clear away.
  for (let attempt = 0; ; attempt++) {
    const handle = await open(path, 'wx').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST' && attempt === 0) return undefined;
      throw error.code === 'EEXIST' ? busy(path, 'another process') : error;
    });
    if (handle) {
      try {
        await handle.writeFile(`${hostname()} ${process.pid}\n`).finally(() => handle.close());
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      }
      return;
    }
    const owner = /^(\S+) (\d+)\n$/.exec(await readFile(path, 'utf8').catch(() => ''));
    // A file without content is that of a process killed right after it made it, or of one that is about to write it.
    if (owner && owner[1] !== hostname()) throw busy(path, `process ${owner[2]} of ${owner[1]}`);
    if (owner && Number(owner[2]) !== process.pid && isAlive(Number(owner[2]))) throw busy(path, `process ${owner[2]}`);
    await rm(path, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function busy(path: string, owner: string): OutputError {
  return new OutputError({
    field: path,
    expected: 'one writer at a time',
    found: `${owner} writing`,
    remedy: 'Wait for it; if no other writer is at work, delete this file.',
  });
}
