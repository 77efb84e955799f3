// Takes a lock again and again until told to stop, and is killed on the way. Used by contend.mjs.
// Usage: node contender.mjs <lock> <port> <acquisitions> <kill at step, 0 for never>
// While it has the lock it listens on the port, which the system gives to one process at a time and takes back from one that is killed.
// Prints a line for each acquisition, one for each that was not the only one, and the step before which it killed itself.
import { writeSync } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const [path, port, acquisitions, killAt] = [process.argv[2], ...process.argv.slice(3).map(Number)];
let step = 0;
/** Not while modules load. */
let counting = false;

function count(name) {
  if (!counting || ++step !== killAt) return;
  writeSync(1, `killed ${name}\n`);
  process.kill(process.pid, 'SIGKILL');
}

const original = { ...fs };
for (const name of ['mkdir', 'readFile', 'readdir', 'rename', 'rm', 'rmdir', 'stat', 'unlink', 'writeFile'])
  fs[name] = (...args) => {
    count(name);
    return original[name](...args);
  };
syncBuiltinESMExports();

const { acquireLock } = await import('../../dist/persist/index.js');

function listen() {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server));
  });
}

counting = true;
for (let i = 0; i < acquisitions; i++) {
  const lock = await acquireLock(path, { purpose: 'a test', wait: true });
  const server = await listen();
  writeSync(1, server ? 'acquired\n' : 'SECOND HOLDER\n');
  count('work');
  await sleep(Math.random() * 3);
  await new Promise((resolve) => (server ? server.close(resolve) : resolve()));
  if (lock.signal.aborted) writeSync(1, 'LOST\n');
  await lock.release();
}
