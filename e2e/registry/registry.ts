import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { succeed, type CommandOptions } from './command.ts';

const root = join(__dirname, '..', '..');

export interface Registry {
  readonly url: string;
  readonly server: ChildProcess;
}

/** Starts the loopback registry; what it does not have itself comes from the registry that npm is set up for. */
export async function startRegistry(folder: string): Promise<Registry> {
  const storage = join(folder, 'registry');
  await mkdir(storage, { recursive: true });
  const upstream = (await succeed('npm', ['config', 'get', 'registry'], { cwd: root })).trim();
  const server = spawn(process.execPath, [join(__dirname, 'serve.mjs'), storage, upstream], {
    cwd: dirname(__dirname),
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((resolve, reject) => {
    const lines = createInterface({ input: server.stdout });
    lines.on('line', (line) => {
      if (line.startsWith('http://127.0.0.1:')) resolve(line.trim());
    });
    server.once('exit', (code) => reject(new Error(`the registry ended with ${code} before it answered`)));
  });
  return { url, server };
}

/** Packs every package as a release would, and publishes the tarballs. Returns the names with their tarballs. */
export async function publishAll(folder: string, url: string): Promise<Record<string, string>> {
  const tarballs = join(folder, 'tarballs');
  await mkdir(tarballs, { recursive: true });
  await runPnpm(['-r', '--filter', './packages/*', 'pack', '--pack-destination', tarballs], { cwd: root });
  const client = await writeClientSettings(folder, url);
  const published = (await readdir(tarballs)).map(async (file): Promise<[string, string]> => {
    const tarball = join(tarballs, file);
    const output = await succeed('npm', ['publish', tarball, '--json', '--userconfig', client], { cwd: folder });
    return [nameOf(output), tarball];
  });
  return Object.fromEntries(await Promise.all(published));
}

/** The pinned pnpm, wherever it is run. */
export async function runPnpm(args: readonly string[], options: CommandOptions): Promise<string> {
  const { packageManager } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    packageManager: string;
  };
  return succeed('npx', ['-y', packageManager, ...args], options);
}

/** npm prints what it published as one object, in newer versions by the name of the package. */
function nameOf(output: string): string {
  const printed = JSON.parse(output) as { readonly name?: string };
  return printed.name ?? Object.keys(printed)[0];
}

/** npm asks for credentials before it publishes; the registry takes any. */
export async function writeClientSettings(folder: string, url: string): Promise<string> {
  const path = join(folder, 'client.npmrc');
  const { host } = new URL(url);
  await writeFile(
    path,
    `registry=${url}\n//${host}/:_authToken=loopback\naudit=false\nfund=false\nupdate-notifier=false\nignore-scripts=true\n`,
  );
  return path;
}
