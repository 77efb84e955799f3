import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { exitCodes } from '../../src/exit-codes.ts';
import { filesUnder, inFolder } from '../cli-fixtures.ts';

interface Look {
  readonly width: number;
  readonly viewport: number;
  readonly paper: readonly number[];
  readonly lowestTextContrast: number;
  readonly lowestMarkContrast: number;
  readonly figures: readonly {
    readonly title: string;
    readonly named: boolean;
    readonly caption: number;
    readonly lines: number;
    readonly drawn: number;
    readonly bars: number;
    readonly cells: number;
    readonly dots: number;
    readonly legend: number;
  }[];
  readonly tables: number;
  readonly loaded: number;
}
type Seen =
  | { readonly unavailable: string }
  | ({ readonly problems: readonly string[] } & Record<'light' | 'dark' | 'telephone' | 'print', Look>);

const experiment = `
title: Three <models> & the truth
data: { source: panel.parquet, returns: { column: returns, lag: 0 }, truth: { source: truth.parquet } }
models:
  - { type: pca, config: { nFactors: 2 } }
  - { type: ipca, config: { nFactors: 2, constant: false } }
  - name: a network with a rather long name, to see what becomes of it
    type: cae
    config: { nFactors: 2, nEpochs: 3, ensembleSize: 2, hiddenUnits: [4] }
split: { initialTrain: 24, testSize: 12, validationSize: 6 }
`;

// The plotting library is ESM, which only the build can load.
const command = join(__dirname, '..', '..', 'dist', 'main.js');

/** Runs `ml4t` in a process of its own. */
function ml4t(args: readonly string[]): Promise<{ readonly code: number; readonly stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [command, ...args], (_error, _stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stderr }),
    );
  });
}

let folder: string;
let html: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ml4t-report-'));
  const sizes = ['--assets', '40', '--dates', '54', '--characteristics', '5'];
  expect((await ml4t(['simulate', ...sizes, '-o', folder])).code).toBe(exitCodes.ok);
  await writeFile(join(folder, 'experiment.yaml'), experiment);
  const run = await ml4t(['run', join(folder, 'experiment.yaml'), '--quiet']);
  expect({ code: run.code, stderr: run.code === exitCodes.ok ? '' : run.stderr }).toEqual({ code: 0, stderr: '' });
  html = await readFile(join(folder, 'results', 'report.html'), 'utf8');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the report of a run', () => {
  it('needs nothing but itself: no script, nothing to load, and text that is escaped', () => {
    expect(html).not.toMatch(/<script|<link|<img|src=|href="http|url\(|@import/);
    expect(html).toContain('<h1>Three &#60;models&#62; &#38; the truth</h1>');
  });

  it('has a policy by which nothing counts but its own sheet of style', () => {
    const [, sheet] = /<style>([^]*?)<\/style>/.exec(html) ?? [];
    const hash = createHash('sha256').update(sheet).digest('base64');
    expect(html).toContain(
      `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'">`,
    );
    // Before anything that it is about.
    expect(html.indexOf('Content-Security-Policy')).toBeLessThan(html.indexOf('<style>'));
    expect(html.match(/<[^>]* style=/g)).toBe(null);
    expect(html.match(/<style/g)).toHaveLength(1);
  });

  it('shows the numbers of the summary', async () => {
    const summary = JSON.parse(await readFile(join(folder, 'results', 'summary.json'), 'utf8'));
    const cells = (label: string): string[] => {
      const row = html.split('<tr').find((part) => part.includes(`<th scope="row">${label}</th>`)) ?? '';
      return [...row.matchAll(/<td>([^<]*)<\/td>/g)].map((match) => match[1]);
    };
    const shown = (value: number, digits: number): string => value.toFixed(digits).replace('-', '−');
    const { scores, strategy } = summary.models[1];
    expect(cells('ipca').slice(0, 7)).toEqual([
      '2',
      shown(100 * scores.totalR2, 2),
      shown(100 * scores.predictiveR2, 2),
      shown(100 * scores.managedTotalR2, 2),
      shown(scores.rankIC, 4),
      shown(scores.rankICStandardError, 4),
      shown(strategy.sharpe, 2),
    ]);
    expect(cells('oracle (truth)')[1]).toBe(shown(100 * summary.oracle.totalR2, 2));
  });

  it('finds the characteristics that drive the exposures', async () => {
    const { models } = JSON.parse(await readFile(join(folder, 'results', 'diagnostics.json'), 'utf8'));
    const { importance } = models[1];
    // Exposures are 1.2 c1, c2 and 0.8 c3: shuffling one of these costs more than shuffling either of the others.
    const [c1, c2, , c4, c5] = importance.loss;
    expect(importance).toMatchObject({ score: 'total-r2', characteristicNames: ['c1', 'c2', 'c3', 'c4', 'c5'] });
    expect(Math.min(c1, c2)).toBeGreaterThan(5 * Math.max(Math.abs(c4), Math.abs(c5)));
    expect(models[0]).not.toHaveProperty('importance');
    expect(models[0].exposures).toMatchObject({ measure: 'loading', columnNames: ['factor1', 'factor2'] });
  });

  it('can be drawn again from the files, and says what is missing where there are none', async () => {
    const results = join(folder, 'results');
    await rm(join(results, 'report.html'));
    expect((await ml4t(['report', results])).code).toBe(exitCodes.ok);
    expect(await readFile(join(results, 'report.html'), 'utf8')).toBe(html);
    // It is one of the files of the results again, and one of somebody else is not.
    const { files } = JSON.parse(await readFile(join(results, 'summary.json'), 'utf8'));
    const sha256 = createHash('sha256').update(html).digest('hex');
    expect(files.filter(({ name }: { name: string }) => name === 'report.html')).toEqual([
      { name: 'report.html', sha256 },
    ]);
    await writeFile(join(results, 'report.html'), 'mine');
    expect((await ml4t(['report', results])).code).toBe(exitCodes.output);
    expect(await readFile(join(results, 'report.html'), 'utf8')).toBe('mine');
    await writeFile(join(results, 'report.html'), html);
    expect((await ml4t(['report', results])).code).toBe(exitCodes.ok);
    await inFolder(async (empty) => {
      const { code, stderr } = await ml4t(['report', empty]);
      expect(code).toBe(exitCodes.data);
      expect(stderr).toContain('summary.json');
      expect(await filesUnder(empty)).toEqual([]);
    });
  });

  it('is whole in a browser: in light, in dark, on a telephone and on paper', async () => {
    const look = await promisify(execFile)(process.execPath, [
      join(__dirname, 'look.mjs'),
      join(folder, 'results', 'report.html'),
    ]);
    const seen = JSON.parse(look.stdout) as Seen;
    if ('unavailable' in seen) {
      console.warn(
        `The report was not looked at, no Chromium starts here (set CHROME_PATH to one): ${seen.unavailable}`,
      );
      return;
    }
    expect(seen.problems).toEqual([]);
    const figure = (title: string): Partial<Look['figures'][number]>[] =>
      seen.light.figures.filter((each) => each.title === title);
    // Three models and the oracle; total R2 of all three; the tangency portfolio has no oracle.
    for (const title of [
      'Cumulative return',
      'Sharpe ratio after costs',
      'Turnover',
      'Total R² by date',
      'Information coefficient',
    ])
      expect(figure(title)).toMatchObject([{ lines: 4, drawn: 4, legend: 4 }]);
    expect(figure('Tangency portfolio of the factors')).toMatchObject([{ lines: 3, drawn: 3, legend: 3 }]);
    expect(figure('Sharpe ratios of the factors')).toMatchObject([{ dots: 6 }]);
    expect(figure('Deciles by forecast')).toMatchObject([{ lines: 10, drawn: 10 }, { lines: 10 }, { lines: 10 }]);
    expect(figure('Importance of characteristics')).toMatchObject([{ bars: 5 }, { bars: 5 }]);
    expect(figure('What exposures depend on')).toMatchObject([{ cells: 10 }, { cells: 10 }]);
    expect(figure('Loadings of assets')).toMatchObject([{ cells: 40 }]);
    // Training and validation of both members.
    expect(figure('Learning curve').map(({ drawn }) => drawn)).toEqual([1, 4]);
    for (const { named, caption } of seen.light.figures)
      expect({ named, long: caption > 20 }).toEqual({ named: true, long: true });

    for (const [name, page] of Object.entries(seen).filter(([key]) => key !== 'problems') as [string, Look][]) {
      // The page never scrolls sideways (its tables do, in boxes of their own), and loads nothing.
      expect([name, page.width]).toEqual([name, page.viewport]);
      expect(page.loaded).toBe(0);
      // WCAG AA: 4.5 for text, 3 for graphics; the faint decile lines carry no information of their own.
      expect([name, page.lowestTextContrast >= 4.5]).toEqual([name, true]);
      expect([name, page.lowestMarkContrast >= 3]).toEqual([name, true]);
    }
    expect(seen.dark.paper.every((channel) => channel < 40)).toBe(true);
    expect(seen.print.paper).toEqual([255, 255, 255]);
  });
});
