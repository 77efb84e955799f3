import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, readFile, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFile, spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { OutputError } from '../../src/errors.ts';
import { acquireLock, type LockOwner } from '../../src/persist/index.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ml4t-lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const purpose = 'a test';

/** Puts a lock of somebody else in place. */
async function heldBy(path: string, change: Partial<LockOwner>): Promise<string> {
  const lock = await acquireLock(join(folder, 'template'), { purpose });
  await lock.release();
  const owner = { ...lock.owner, token: '0b0e7c32-1f5d-4f0c-9a53-111111111111', ...change };
  await mkdir(path);
  const file = join(path, `${owner.token}.json`);
  await writeFile(file, JSON.stringify(owner));
  return file;
}

function deadProcess(): number {
  return spawnSync(process.execPath, ['--eval', '0']).pid;
}

describe('acquireLock', () => {
  it('has one holder at a time, says who it is, and leaves nothing behind', async () => {
    const path = join(folder, 'a', 'b', 'lock');
    const lock = await acquireLock(path, { purpose });
    expect(await readdir(path)).toEqual([`${lock.owner.token}.json`]);
    const second = acquireLock(path, { purpose });
    await expect(second).rejects.toBeInstanceOf(OutputError);
    await expect(second).rejects.toMatchObject({
      field: path,
      found: `process ${process.pid} of ${lock.owner.host} (a test, since ${lock.owner.since})`,
    });
    await lock.release();
    await (await acquireLock(path, { purpose })).release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('waits for its turn, tells once for whom, and stops waiting at an abort', async () => {
    const path = join(folder, 'lock');
    const first = await acquireLock(path, { purpose: 'the first' });
    const told: string[] = [];
    const waiting = acquireLock(path, { purpose, wait: true, onWait: (holder) => told.push(holder) });
    const stop = new AbortController();
    const stopped = acquireLock(path, { purpose, wait: true, signal: stop.signal, onWait: () => stop.abort() });
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
    while (told.length === 0) await sleep(5);
    await first.release();
    await (await waiting).release();
    expect(told).toEqual([expect.stringContaining('the first')]);
    expect(await readdir(folder)).toEqual([]);
  });

  it('never gives up what somebody else has by now, and tells the one who lost it', async () => {
    const path = join(folder, 'lock');
    const lost = await acquireLock(path, { purpose, beatEvery: 5 });
    // What happens to a machine that stood still too long.
    await rename(path, join(folder, 'away'));
    const other = await acquireLock(path, { purpose: 'another' });
    while (!lost.signal.aborted) await sleep(5);
    expect(lost.signal.reason).toBeInstanceOf(OutputError);
    await lost.release();
    expect(await readdir(path)).toEqual([`${other.owner.token}.json`]);
    await other.release();
  });

  it.each([
    ['has ended', () => ({ process: deadProcess() })],
    ['has ended, and whose number another has by now', () => ({ process: process.ppid, started: '1' })],
    ['is this one, of an acquisition that is over', () => ({})],
  ])('takes over from a process that %s', async (_what, change) => {
    const path = join(folder, 'lock');
    await heldBy(path, change());
    const lock = await acquireLock(path, { purpose });
    expect(await readdir(path)).toEqual([`${lock.owner.token}.json`]);
    await lock.release();
  });

  it.each([
    ['lives', () => ({ process: process.ppid, started: '' })],
    ['is of another machine', () => ({ host: 'elsewhere', process: 1 })],
    ['counts its processes apart, as a container does', () => ({ space: 'another', process: deadProcess() })],
    ['is this one, in another thread', () => ({ thread: 99 })],
  ])('leaves the lock to a process that %s', async (_what, change) => {
    const path = join(folder, 'lock');
    const file = await heldBy(path, change());
    const before = await readFile(file, 'utf8');
    await expect(acquireLock(path, { purpose })).rejects.toMatchObject({ code: 'output', field: path });
    expect(await readFile(file, 'utf8')).toBe(before);
    expect(await readdir(folder)).toEqual(['lock']);
  });

  it('takes over from a machine that gives no sign of life any more, by the clock of the disk', async () => {
    const path = join(folder, 'lock');
    const file = await heldBy(path, { host: 'elsewhere' });
    const silentFor = (ms: number): Promise<void> => utimes(file, new Date(), new Date(Date.now() - ms));
    await silentFor(110_000);
    await expect(acquireLock(path, { purpose })).rejects.toMatchObject({ code: 'output' });
    await silentFor(125_000);
    await (await acquireLock(path, { purpose })).release();
  });

  it('does not touch a file or a folder of something else', async () => {
    const path = join(folder, 'lock');
    await writeFile(path, 'mine');
    await expect(acquireLock(path, { purpose })).rejects.toMatchObject({
      code: 'output',
      found: 'a file in its place',
    });
    expect(await readFile(path, 'utf8')).toBe('mine');
    await rm(path);
    await mkdir(path);
    await writeFile(join(path, 'notes'), 'mine');
    await expect(acquireLock(path, { purpose })).rejects.toMatchObject({ code: 'output' });
    expect(await readFile(join(path, 'notes'), 'utf8')).toBe('mine');
  });

  it('says at once that a folder cannot be made where the system lets nobody', async () => {
    const path = process.platform === 'linux' ? '/proc/x/lock' : join(folder, 'lock\0');
    await expect(acquireLock(path, { purpose })).rejects.toMatchObject({ code: expect.stringMatching(/output|ERR/) });
  });

  it('removes what contenders that were killed had staged, and nothing else', async () => {
    const path = join(folder, 'lock');
    const dead = '0b0e7c32-1f5d-4f0c-9a53-222222222222';
    await heldBy(`${path}.${dead}`, { token: dead, process: deadProcess() });
    await heldBy(`${path}.0b0e7c32-1f5d-4f0c-9a53-333333333333`, {
      token: '0b0e7c32-1f5d-4f0c-9a53-333333333333',
      host: 'elsewhere',
    });
    await writeFile(`${path}.notes`, 'mine');
    await (await acquireLock(path, { purpose })).release();
    expect((await readdir(folder)).sort()).toEqual(['lock.0b0e7c32-1f5d-4f0c-9a53-333333333333', 'lock.notes']);
  });

  it('has one holder at a time among processes that are killed at every step', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [join(__dirname, 'contend.mjs'), '60', '4']);
    const { acquired, second, lost, kills, failures } = JSON.parse(stdout);
    expect({ second, lost, failures }).toEqual({ second: 0, lost: 0, failures: [] });
    expect(acquired).toBeGreaterThanOrEqual(60);
    expect(Object.keys(kills).length).toBeGreaterThan(3);
  });
});
