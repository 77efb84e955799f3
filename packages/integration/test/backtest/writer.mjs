// Writes generations of backtest frames in a process of its own, with a fault at one step on the file system for each.
// Usage: node writer.mjs <folder prefix> <value> <fault> <n>, where the folders are <prefix>1 to <prefix>n and the fault
// in folder k comes at step k:
//   none    no fault
//   throw   the step fails
//   kill    the writer stops right before the step; when all have stopped, the process kills itself
//   torn    the same, after half of what the step would have written (steps that write a file alone)
// Prints, unless killed, the steps and the error of each.
import { writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const [prefix, value, fault, count] = process.argv.slice(2);
let steps;
let faultAt;
let stopped;
/** Held on to: those of stopped writers must not be closed behind their back. */
const handles = [];

/** Counts a step, and fails or stops there for ever if asked to. */
async function step(name, writeHalf) {
  if (steps === undefined) return;
  steps.push(name);
  if (steps.length !== faultAt || fault === 'none') return;
  if (fault === 'throw') throw Object.assign(new Error(`EIO: i/o error, ${name}`), { code: 'EIO' });
  if (fault === 'torn') writeHalf?.();
  stopped();
  await new Promise(() => undefined);
}

const original = { ...fs };
for (const name of ['mkdir', 'readFile', 'readdir', 'rename', 'rm', 'rmdir', 'stat', 'unlink', 'writeFile'])
  fs[name] = async (...args) => {
    await step(name, () => name === 'writeFile' && writeFileSync(args[0], args[1].slice(0, args[1].length / 2)));
    return original[name](...args);
  };
fs.open = async (...args) => {
  await step('open');
  const handle = await original.open(...args);
  handles.push(handle);
  for (const name of ['writeFile', 'sync', 'close']) {
    const method = handle[name].bind(handle);
    handle[name] = async (...rest) => {
      await step(`handle.${name}`);
      return method(...rest);
    };
  }
  return handle;
};
syncBuiltinESMExports();

const { writeBacktestFrames } = await import('../../dist/backtest/write-backtest-frames.js');
const { tableFromArrays } = await import('apache-arrow');
const table = (x) => tableFromArrays({ x: Float64Array.of(x, x + 1) });
const frames = { predictions: table(Number(value)), weights: table(Number(value) + 10) };

const outcomes = [];
for (let k = 1; k <= Number(count); k++) {
  const made = [];
  steps = made;
  faultAt = k;
  const stop = new Promise((resolve) => (stopped = () => resolve(undefined)));
  const write = writeBacktestFrames(`${prefix}${k}`, frames, { format: 'arrow' }).then(
    () => ({ steps: made }),
    ({ name, message }) => ({ steps: made, error: { name, message } }),
  );
  outcomes.push(await Promise.race([write, stop]));
  steps = undefined;
}
if (fault === 'kill' || fault === 'torn') process.kill(process.pid, 'SIGKILL');
console.log(JSON.stringify(outcomes));
// Without the warnings about handles whose closing was made to fail.
process.exit(0);
