// Measures our side of every row and, where Python is found, the other side in alternation. See bench/README.md.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, platform, tmpdir, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import durations from './durations.mjs';
import { checkRow } from './runner/check.mjs';
import { mebibytes, scalingHead, scalingRows, sideHead, sideRows, textTable } from './runner/format.mjs';
import { measureRow } from './runner/measure.mjs';
import { benchFolder, ourNode } from './runner/process.mjs';
import { pythonCandidates } from './runner/python.mjs';
import { loadRows } from './runner/rows.mjs';

const usage = `pnpm bench [filter …]

  filter            a row's name, or text in its name, family or title; several add up; all rows without
  --rounds N        rounds of A B (what the row asks for, or 3)
  --output FILE     results as JSON (bench/results/results.json); rows measured before and not now are kept
  --check           hold the results against bench/thresholds.mjs; exit status 1 when one is missed
  --no-run          no measurement: show, and with --check hold to account, what the file has
  --list            names of the rows and the seconds that each will take, nothing else
  --folder DIR      another folder with rows/, scripts and thresholds.mjs

PYTHON names the Python to use, or several separated as in PATH: the first that has a peer's modules runs it.
BENCH_NODE names the Node that runs our side, where it is not this one.`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    output: { type: 'string' },
    check: { type: 'boolean', default: false },
    'no-run': { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    folder: { type: 'string', default: benchFolder },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const asked = options.rounds === undefined ? undefined : Number(options.rounds);
if (options.help || !(asked === undefined || (Number.isInteger(asked) && asked > 0))) {
  console.log(usage);
  process.exit(options.help ? 0 : 2);
}
const folder = resolve(options.folder);
const output = resolve(options.output ?? join(folder, 'results', 'results.json'));
const rows = await loadRows(join(folder, 'rows'), folder, positionals);
if (rows.length === 0) {
  console.error(`No row matches "${positionals.join(' ')}". pnpm bench --list names them.`);
  process.exit(2);
}
const results = existsSync(output) ? JSON.parse(readFileSync(output, 'utf8')) : { rows: {} };
const roundsOf = (row) => asked ?? row.rounds;
if (options.list) {
  console.log(textTable(rows.map((row) => [row.name, row.family, expected(row), row.title])));
  console.error(`\n${rows.length} rows, ${expectedMinutes()}`);
  process.exit(0);
}

const nodeVersion = execFileSync(ourNode, ['--version'], { encoding: 'utf8' }).trim();
const failures = new Map();
if (!options['no-run']) {
  // Panels on disk are made once for all rounds and rows.
  const files = mkdtempSync(join(tmpdir(), 'ml4t-bench-'));
  process.env.BENCH_FILES = files;
  process.on('exit', () => rmSync(files, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
  console.error(`Python: ${pythonCandidates().join(', ')} (set PYTHON to choose); ${expectedMinutes()}`);
  for (const row of rows) {
    const { name, family, title, unit } = row;
    const rounds = roundsOf(row);
    const started = performance.now();
    try {
      const measured = await measureRow(row, { rounds, folder, say: (line) => console.error(line) });
      results.rows[name] = {
        family,
        title,
        unit,
        rounds,
        secondsPerRound: (performance.now() - started) / 1000 / rounds,
        date: new Date().toISOString(),
        commit: commit(),
        machine: machine(),
        measured,
      };
    } catch (error) {
      failures.set(name, error.message);
      console.error(`${name} FAILED: ${error.message}`);
      continue;
    }
    // After every row: a run that is cut short leaves what it has measured.
    mkdirSync(dirname(output), { recursive: true });
    writeFileSync(output, JSON.stringify(results, undefined, 2) + '\n');
  }
}

// A row that failed just now is not shown with the figures of an earlier day; the file keeps them.
const current = ({ name }) => (failures.has(name) ? undefined : results.rows[name]);
const shown = rows.map(current).filter(Boolean);
const pairs = shown.filter(({ measured }) => measured.ours);
const scaling = shown.filter(({ measured }) => measured.scaling);
if (pairs.length > 0) console.log('\n' + textTable([sideHead, ...pairs.flatMap(sideRows)]));
if (scaling.length > 0) console.log('\n' + textTable([scalingHead, ...scaling.flatMap(scalingRows)]));
console.log(`\n${shown.length} of ${rows.length} rows; results in ${output}`);
for (const [name, reason] of failures) console.log(`FAILED ${name}: ${reason}`);
const missed = options.check ? await check() : 0;
process.exitCode = failures.size + missed > 0 ? 1 : 0;

/** Seconds that a row will take: as it did last time, else as it did elsewhere; undefined for a new one. */
function expectedSeconds(row) {
  const perRound = results.rows[row.name]?.secondsPerRound ?? durations[row.name];
  return perRound === undefined ? undefined : perRound * roundsOf(row);
}

function expected(row) {
  const seconds = expectedSeconds(row);
  return seconds === undefined ? 'not known' : `${seconds.toFixed(0)} s`;
}

function expectedMinutes() {
  const known = rows.map(expectedSeconds).filter((seconds) => seconds !== undefined);
  const minutes = known.reduce((sum, seconds) => sum + seconds, 0) / 60;
  const rest = rows.length - known.length;
  return `about ${minutes.toFixed(0)} minutes${rest > 0 ? ` and the time of ${rest} rows not measured yet` : ''}`;
}

/** Prints every threshold of the rows at hand and returns how many are missed. */
async function check() {
  const { default: thresholds } = await import(join(folder, 'thresholds.mjs'));
  const lines = rows.flatMap((row) =>
    checkRow(current(row)?.measured ?? {}, thresholds[row.name]).map((line) => ({ name: row.name, ...line })),
  );
  const mark = (ok) => (ok === undefined ? 'unknown' : ok ? 'ok' : 'MISSED');
  if (lines.length > 0) console.log('\n' + textTable(lines.map(({ name, text, ok }) => [mark(ok), name, text])));
  const missed = lines.filter(({ ok }) => ok === false).length;
  console.log(
    `\n${lines.length} thresholds, ${missed} missed, ${lines.filter(({ ok }) => ok === undefined).length} unknown`,
  );
  return missed;
}

function machine() {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memory: mebibytes(totalmem()),
    system: `${platform()} ${arch()}`,
    node: nodeVersion,
  };
}

function commit() {
  try {
    const run = (...args) =>
      execFileSync('git', args, { cwd: benchFolder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    return (
      run('rev-parse', '--short', 'HEAD') +
      (run('status', '--porcelain', '--untracked-files=no') === '' ? '' : ' with changes')
    );
  } catch {
    return 'unknown';
  }
}
