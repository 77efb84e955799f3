import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/**
 * Runs the built example of a folder, and gives back the rows of the tables that it prints: the cells right of the first column, by
 * what stands in the first column.
 *
 * @throws Error when the example fails or writes to its error output, which a user would have to read.
 */
export function runExample(
  folder: string,
  options: { readonly args?: readonly string[]; readonly env?: NodeJS.ProcessEnv } = {},
): Map<string, string[]> {
  // Who runs the tests may ask for colours: a table's cells would carry their codes.
  const env = { ...(options.env ?? process.env), FORCE_COLOR: undefined };
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [join(folder, 'dist', 'main.js'), ...(options.args ?? [])],
    { encoding: 'utf8', env },
  );
  if (status !== 0 || stderr !== '') throw new Error(`the example ended with ${String(status)}: ${stderr}`);
  const rows = stdout
    .split('\n')
    .filter((line) => line.startsWith('│'))
    .map((line) =>
      line
        .split('│')
        .slice(2, -1)
        .map((cell) => cell.trim().replaceAll("'", '')),
    );
  return new Map(rows.map(([name, ...cells]) => [name, cells]));
}
