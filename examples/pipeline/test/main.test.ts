import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { runExample } from '@ml4t/example-testing';

const example = join(__dirname, '..');

it('leaves a generation of files that a backtest can take, and replaces it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ml4t-example-'));
  try {
    const rows = runExample(example, { args: [folder] });
    const [rankIC, sharpe, traded] = (rows.get('3') ?? []).map(Number);
    expect(rankIC).toBeGreaterThan(0.1);
    expect(sharpe).toBeGreaterThan(0.5);
    expect(traded).toBeGreaterThan(0);
    // 72 test dates x 100 assets.
    for (const name of ['signals', 'predictions', 'weights']) expect(rows.get(name)?.[0]).toBe('7200');
    runExample(example, { args: [folder] });
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
