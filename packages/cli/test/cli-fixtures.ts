import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../src/program.ts';
import type { FamilyPackage } from '../src/families/packages.ts';

/** What a command printed and returned. */
export interface CliOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `ml4t` in this process. */
export async function ml4t(
  argv: readonly string[],
  options: { readonly signal?: AbortSignal; readonly packages?: readonly FamilyPackage[] } = {},
): Promise<CliOutcome> {
  let stdout = '';
  let stderr = '';
  const code = await runCli(
    argv,
    {
      stdout: { write: (text) => (stdout += text) },
      stderr: { write: (text) => (stderr += text) },
      signal: options.signal,
      // A busy machine must not make a quiet run show its progress.
      now: () => 0,
    },
    options.packages,
  );
  return { code, stdout, stderr };
}

/** Runs the test body in a folder of its own, which is removed afterwards. */
export async function inFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'ml4t-cli-'));
  try {
    return await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Everything under a folder, as sorted relative paths. */
export async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

export type Row = Readonly<Record<string, string | number | null>>;

/** 12 month ends x 6 assets, one factor on `size`, an unrelated `value`; deterministic, no symmetry. */
export function smallPanel(): Row[] {
  const rows: Row[] = [];
  for (let t = 0; t < 12; t++) {
    const date = new Date(Date.UTC(2020, t + 1, 0)).toISOString().slice(0, 10);
    const factor = 0.02 + Math.sin(3 * t + 1) / 20;
    for (let i = 0; i < 6; i++) {
      const size = Math.cos(2 + 5 * t + 11 * i);
      const value = Math.sin(4 + 3 * t + 7 * i);
      rows.push({ date, asset: `a${i}`, size, value, ret: size * factor + Math.sin(t + 13 * i) / 100 });
    }
  }
  return rows;
}

export async function writeCsv(path: string, rows: readonly Row[]): Promise<void> {
  const names = Object.keys(rows[0]);
  const lines = rows.map((row) => names.map((name) => row[name] ?? '').join(','));
  await writeFile(path, `${[names.join(','), ...lines].join('\n')}\n`);
}

/** Writes panel.csv and experiment.yaml; `text` changes the experiment. */
export async function writeExperiment(
  folder: string,
  options: { readonly rows?: readonly Row[]; readonly text?: (yaml: string) => string } = {},
): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeCsv(join(folder, 'panel.csv'), options.rows ?? smallPanel());
  const yaml = `data:
  source: panel.csv
  timestamp: date
  asset: asset
  returns: { column: ret, lag: 0 }
preprocessing: []
models:
  - type: ipca
    config: { nFactors: 1 }
split: { initialTrain: 6, testSize: 2 }
outputs: { directory: results, format: csv, report: false }
`;
  const path = join(folder, 'experiment.yaml');
  await writeFile(path, options.text ? options.text(yaml) : yaml);
  return path;
}
