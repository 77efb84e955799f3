import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';

/** Runs the example, and gives back the rows of its tables by their first column. */
function run(args: readonly string[] = []): Map<string, string[]> {
  const main = join(__dirname, '..', 'dist', 'main.js');
  const { stdout, stderr, status } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  const cells = stdout.split('\n').filter((line) => line.startsWith('│'));
  const rows = cells.map((line) =>
    line
      .split('│')
      .slice(2, -1)
      .map((cell) => cell.trim().replaceAll("'", '')),
  );
  return new Map(rows.map(([name, ...values]) => [name, values]));
}

it('leaves a generation of files that a backtest can take, and replaces it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ml4t-example-'));
  try {
    const rows = run([folder]);
    const [rankIC, sharpe, traded] = (rows.get('3') ?? []).map(Number);
    expect(rankIC).toBeGreaterThan(0.1);
    expect(sharpe).toBeGreaterThan(0.5);
    expect(traded).toBeGreaterThan(0);
    // 72 test dates x 100 assets.
    for (const name of ['signals', 'predictions', 'weights']) expect(rows.get(name)?.[0]).toBe('7200');
    run([folder]);
    const manifest: unknown = JSON.parse(readFileSync(join(folder, 'run', 'manifest.json'), 'utf8'));
    expect(manifest).toMatchObject({
      generation: 2,
      data_feed: {
        prices_path: join(folder, 'prices.parquet'),
        feed_spec: { timestamp_col: 'timestamp', entity_col: 'asset', price_col: 'close', data_frequency: 'monthly' },
      },
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
