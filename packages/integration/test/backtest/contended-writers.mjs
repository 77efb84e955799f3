// Several processes write generations of one folder, some are killed, and a reader looks on: is every generation whole?
// Usage: node contended-writers.mjs [generations, 200] [writers, 3] [folder]
// Prints how many generations there were, what a reader found torn, and writers that failed by themselves.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearTimeout, setTimeout } from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readBacktestFrames } from '../../dist/backtest/manifest.js';

const [generations, writers] = [Number(process.argv[2] ?? 200), Number(process.argv[3] ?? 3)];
const folder = process.argv[4] ?? mkdtempSync(join(tmpdir(), 'ml4t-generations-'));
const [torn, failures, seen] = [[], [], new Set()];
let [last, killed, going] = [0, 0, true];

const one = (number) =>
  new Promise((resolve) => {
    const script = fileURLToPath(new URL('./endless-writer.mjs', import.meta.url));
    const child = spawn(process.execPath, [script, folder, String(number)], { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (text) => (errors += text));
    // Loading takes most of it, and a write a few milliseconds: killed anywhere in one of them.
    const kill = setTimeout(() => child.kill('SIGKILL') && killed++, 800 + Math.random() * 1500);
    child.on('close', (code, signal) => {
      clearTimeout(kill);
      if (signal !== 'SIGKILL') failures.push(`${code} ${errors}`);
      resolve();
    });
  });
const lane = async (number) => {
  while (going && failures.length === 0) await one(number);
};
const look = async () => {
  while (going && failures.length === 0) {
    try {
      const { generation } = await readBacktestFrames(folder);
      seen.add(generation);
      last = Math.max(last, generation);
    } catch (error) {
      // A reader may come while the generation that it has just read of is removed, two generations later, or before the first.
      const again = await readBacktestFrames(folder).catch(() => undefined);
      if (!again && seen.size > 0) torn.push(String(error));
    }
    if (last >= generations) going = false;
    await sleep(5);
  }
};
await Promise.all([look(), ...Array.from({ length: writers }, (_, number) => lane(number))]);
console.log(JSON.stringify({ generations: last, read: seen.size, killed, torn, failures }));
if (process.argv[4] === undefined) rmSync(folder, { recursive: true, force: true });
