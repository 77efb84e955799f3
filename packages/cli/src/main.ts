#!/usr/bin/env node
import { exitCodes } from './exit-codes.ts';
import { runCli } from './program.ts';

const controller = new AbortController();
process.on('SIGINT', () => {
  // The first Ctrl-C stops between two pieces of work and keeps what is finished; the second one does not wait.
  if (controller.signal.aborted) process.exit(exitCodes.aborted);
  controller.abort();
});
// A reader that goes away (`ml4t run … | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCodes.ok);
  throw error;
});

process.exitCode = await runCli(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  signal: controller.signal,
});
