import { mkdir, mkdtemp, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { succeed } from './command.ts';
import { writeClientSettings } from './registry.ts';

interface Environment {
  readonly folder: string;
  readonly registry: string;
  /** Tarball of each published package. */
  readonly tarballs: Readonly<Record<string, string>>;
}

export const environment = (): Environment => JSON.parse(process.env['ML4T_E2E'] ?? '{}') as Environment;

export interface Installed {
  /** Names of the packages that arrived, sorted, with the platform taken out of the names of binaries. */
  readonly packages: readonly string[];
  /** What they take on disk, in units of 10^6 bytes. */
  readonly megabytes: number;
}

/** An empty folder with a package.json, as a new user has it. */
export async function emptyProject(name: string): Promise<string> {
  await mkdir(join(environment().folder, 'projects'), { recursive: true });
  const cwd = await mkdtemp(join(environment().folder, 'projects', `${name}-`));
  await writeFile(join(cwd, 'package.json'), JSON.stringify({ name, private: true }));
  return cwd;
}

export async function npmInstall(cwd: string, ...names: readonly string[]): Promise<void> {
  const client = await writeClientSettings(environment().folder, environment().registry);
  await succeed('npm', ['install', ...names, '--userconfig', client, '--no-progress'], { cwd });
}

export async function installed(cwd: string): Promise<Installed> {
  const lock = JSON.parse(await readFile(join(cwd, 'node_modules', '.package-lock.json'), 'utf8')) as {
    packages: Record<string, unknown>;
  };
  const names = Object.keys(lock.packages).map((path) => path.replace(/^.*node_modules\//, ''));
  const platform = /-(linux|darwin|win32)-(x64|arm64)(-musl|-gnu|-msvc)?$/;
  return {
    packages: [...new Set(names.map((name) => name.replace(platform, '-<platform>')))].sort(),
    megabytes: (await bytesIn(join(cwd, 'node_modules'))) / 1e6,
  };
}

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true }))
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  return bytes;
}
