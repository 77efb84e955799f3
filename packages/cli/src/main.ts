#!/usr/bin/env node
import { exitCodes } from './exit-codes.ts';
import { runCli } from './program.ts';

const controller = new AbortController();
const stops: Partial<Record<NodeJS.Signals, number>> = {
  SIGINT: exitCodes.aborted,
  SIGTERM: exitCodes.terminated,
  SIGHUP: exitCodes.hangup,
};
let stopped: number | undefined;
for (const [signal, code] of Object.entries(stops) as [NodeJS.Signals, number][])
  process.on(signal, () => {
    // The first one stops between two pieces of work and keeps what is finished; the second one does not wait.
    if (stopped !== undefined) process.exit(code);
    stopped = code;
    controller.abort();
  });
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // A reader that goes away (`ml4t run … | head`), or a terminal, is no error.
    if (error.code === 'EPIPE' || error.code === 'EIO') process.exit(stopped ?? exitCodes.ok);
    throw error;
  });

let ended = false;
process.on('beforeExit', () => {
  if (ended) return;
  ended = true;
  process.stderr.write('ml4t: unexpected error: nothing is left to wait for, and no end. This is a bug; report it.\n');
  process.exitCode = exitCodes.bug;
});
void runCli(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  signal: controller.signal,
}).then((code) => {
  ended = true;
  process.exitCode = code === exitCodes.aborted ? (stopped ?? code) : code;
});
