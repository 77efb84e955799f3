import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publishAll, startRegistry } from './registry.ts';
import { running } from './running.ts';

/** Before all tests: every package published to a loopback registry, from which the tests install. */
export default async function start(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ml4t-e2e-'));
  running.folder = folder;
  const registry = await startRegistry(folder);
  running.server = registry.server;
  const tarballs = await publishAll(folder, registry.url);
  process.env['ML4T_E2E'] = JSON.stringify({ folder, registry: registry.url, tarballs });
}
