import { rm } from 'node:fs/promises';
import { running } from './running.ts';

export default async function stop(): Promise<void> {
  const { server, folder } = running;
  if (server && server.exitCode === null) {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.stdin?.end();
    await ended;
  }
  if (folder) await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}
