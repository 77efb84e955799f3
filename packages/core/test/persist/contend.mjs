// Processes that want one lock, of which some kill themselves before a step on the file system: does the lock have one holder at a time?
// Usage: node contend.mjs [acquisitions, 1000] [processes, 8]
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * @param acquisitions how many to see in all
 * @param processes at a time; one that ends or is killed is followed by another
 * @param killEvery of so many processes one is left to live
 * @returns acquisitions, second holders, kills by the step that they came before, and what is left beside the lock
 */
export async function contend(acquisitions, processes, killEvery = 4) {
  const folder = mkdtempSync(join(tmpdir(), 'ml4t-contend-'));
  const port = await freePort();
  const seen = { acquired: 0, second: 0, lost: 0, started: 0, kills: {}, failures: [] };
  let round = 0;
  const one = () =>
    new Promise((resolve) => {
      // Step by step through all that there are, and none in some.
      const killAt = round % killEvery === 0 ? 0 : 1 + (round % 37);
      round++;
      seen.started++;
      const script = fileURLToPath(new URL('./contender.mjs', import.meta.url));
      const child = spawn(process.execPath, [script, join(folder, 'lock'), String(port), '8', String(killAt)]);
      let [out, errors] = ['', ''];
      child.stdout.on('data', (text) => (out += text));
      child.stderr.on('data', (text) => (errors += text));
      child.on('close', (code, signal) => {
        for (const line of out.split('\n')) {
          if (line === 'acquired') seen.acquired++;
          if (line === 'SECOND HOLDER') seen.second++;
          if (line === 'LOST') seen.lost++;
          const step = /^killed (\w+)/.exec(line)?.[1];
          if (step) seen.kills[step] = (seen.kills[step] ?? 0) + 1;
        }
        if (code !== 0 && signal !== 'SIGKILL') seen.failures.push(errors);
        resolve();
      });
    });
  try {
    const lane = async () => {
      while (seen.acquired < acquisitions && seen.failures.length === 0) await one();
    };
    await Promise.all(Array.from({ length: processes }, lane));
    return { ...seen, left: readdirSync(folder).length };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [acquisitions = 1000, processes = 8] = process.argv.slice(2).map(Number);
  console.log(JSON.stringify(await contend(acquisitions, processes)));
}
