import { afterAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const bench = join(__dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'ml4t-bench-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hasPython = spawnSync('python3', ['--version']).status === 0;
const ran = join(folder, 'ran.txt');
const output = join(folder, 'results.json');

function run(...args: string[]) {
  return spawnSync(process.execPath, [join(bench, 'run.mjs'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, RAN: ran, PYTHON: 'python3' },
  });
}
const fixture = (...args: string[]) => run('--folder', join(bench, 'test', 'fixture'), '--output', output, ...args);
const results = () => JSON.parse(readFileSync(output, 'utf8'));

describe('pnpm bench', () => {
  it('runs both sides in turn and reports ratios pair by pair', () => {
    const { status, stdout } = fixture('pair', '--rounds', '2');
    expect(status).toBe(0);
    const { measured, rounds, machine } = results().rows.pair;
    expect(rounds).toBe(2);
    expect(machine.node).toBe(process.version);
    expect(measured.ours.seconds).toMatchObject({ median: 1, count: 4 });
    const lines = readFileSync(ran, 'utf8').trim().split('\n');
    if (hasPython) {
      expect(lines).toEqual(['ours 2', 'peer 2', 'ours 2', 'peer 2']);
      // Medians of a round: 1 second against 3.
      expect(measured.peers.json.ratio).toMatchObject({ median: 1 / 3, least: 1 / 3, most: 1 / 3, count: 2 });
      expect(measured.peers.json.memoryRatio.median).toBe(2);
      expect(stdout).toContain('0.33 (0.33 to 0.33)');
    } else {
      expect(lines).toEqual(['ours 2', 'ours 2']);
      expect(stdout).toContain('json skipped: no Python found (python3)');
    }
  });

  it('says why a peer was left out, and measures our side', () => {
    const { status, stdout } = fixture('absent', '--rounds', '1');
    expect(status).toBe(0);
    expect(stdout).toMatch(
      hasPython ? /skipped: python3 has no a_module_that_nobody_has/ : /skipped: no Python found \(python3\)/,
    );
    expect(results().rows.absent.measured.ours.quality).toEqual({ loss: 2 });
  });

  it('takes the rounds that a row asks for, and knows next time how long they take', () => {
    expect(fixture('absent').status).toBe(0);
    const { rounds, secondsPerRound } = results().rows.absent;
    expect(rounds).toBe(2);
    const { stdout, stderr } = fixture('absent', '--list');
    expect(stdout).toContain(`absent  fixture  ${(2 * secondsPerRound).toFixed(0)} s  A row`);
    expect(stderr).toContain('1 rows, about 0 minutes');
    expect(fixture('broken', '--list').stdout).toContain('not known');
  });

  it('goes on after a row that fails, and says which one it was and why', () => {
    writeFileSync(
      output,
      readFileSync(output, 'utf8').replace('"absent": {', '"broken": { "measured": {} }, "absent": {'),
    );
    const { status, stdout } = fixture('broken', 'absent', '--rounds', '1');
    expect(status).toBe(1);
    expect(stdout).toMatch(/FAILED broken: broken\.mjs ended with 1: .*no panel to be had/);
    // The figures of an earlier run stay in the file, and are not shown as if they were new.
    expect(stdout).toContain('1 of 2 rows');
    const { rows } = results();
    expect(rows.absent.rounds).toBe(1);
    expect(rows.broken).toEqual({ measured: {} });
    delete rows.broken;
    writeFileSync(output, JSON.stringify({ rows }));
  });

  it('fits the exponents of time and memory', () => {
    expect(fixture('growth', '--rounds', '1').status).toBe(0);
    const { size } = results().rows.growth.measured.scaling;
    expect(size.seconds).toEqual([4, 16, 64]);
    expect(size.exponent).toBeCloseTo(2, 12);
    expect(size.memoryExponent).toBeCloseTo(1, 12);
  });

  it('keeps rows measured before, and holds them against the thresholds', () => {
    const { status, stdout } = fixture('--no-run', '--check');
    expect(status).toBe(1);
    expect(stdout).toContain('3 of 4 rows');
    expect(stdout).toMatch(/MISSED {3}growth +exponent of time in size 2\.00, at most 1\.10/);
    expect(stdout).toMatch(/ok {7}growth +exponent of memory in size 1\.00, at most 1\.10/);
    expect(stdout).toMatch(/unknown {2}absent +time against the peer not measured/);
    if (!hasPython) return;
    expect(stdout).toMatch(/ok {7}pair +time against the peer 0\.333, at most 0\.400/);
    expect(stdout).toMatch(/MISSED {3}pair +memory against the peer 2\.00, at most 1\.00/);
    expect(stdout).toMatch(/ok {7}pair +loss 2\.00000, within 0\.3 of the peer's 2\.50000/);
  });

  it('can read every row there is, and no threshold or duration is for a row that is not', async () => {
    const { status, stdout } = run('--list');
    expect(status).toBe(0);
    const names = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[0]);
    expect(new Set(names).size).toBe(names.length);
    const written = (file: string) => readFileSync(join(bench, file), 'utf8');
    for (const [, name] of written('thresholds.mjs').matchAll(/^ {2}'?([\w-]+)'?: \{/gm)) expect(names).toContain(name);
    for (const [, name] of written('durations.mjs').matchAll(/^ {2}'?([\w-]+)'?: \d/gm)) expect(names).toContain(name);
  });

  it('takes a whole name for that row alone, and several filters together', () => {
    const listed = (...filters: string[]) =>
      run('--list', ...filters)
        .stdout.trim()
        .split('\n')
        .map((line) => line.split(' ')[0]);
    expect(listed('pca-fit')).toEqual(['pca-fit']);
    expect(listed('pca-fit', 'linalg-gram')).toEqual(['linalg-gram', 'pca-fit']);
    expect(listed('pca').length).toBeGreaterThan(3);
  });

  it('fails with the names at hand when nothing matches', () => {
    const { status, stderr } = run('nothing-like-this');
    expect(status).toBe(2);
    expect(stderr).toContain('No row matches "nothing-like-this"');
  });
});
