// Measures our side of every row and, where Python is found, the other side in alternation. See bench/README.md.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, platform, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { checkRow } from './runner/check.mjs';
import { mebibytes, scalingHead, scalingRows, sideHead, sideRows, textTable } from './runner/format.mjs';
import { measureRow } from './runner/measure.mjs';
import { benchFolder } from './runner/process.mjs';
import { pythonCandidates } from './runner/python.mjs';
import { loadRows } from './runner/rows.mjs';

const usage = `pnpm bench [filter …]

  filter            a row's name, or text in its name, family or title; several add up; all rows without
  --rounds N        rounds of A B (3)
  --output FILE     results as JSON (bench/results/results.json); rows measured before and not now are kept
  --check           hold the results against bench/thresholds.mjs; exit status 1 when one is missed
  --no-run          no measurement: show, and with --check hold to account, what the file has
  --list            names of the rows, nothing else
  --folder DIR      another folder with rows/, scripts and thresholds.mjs

PYTHON names the Python to use, or several separated as in PATH: the first that has a peer's modules runs it.`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    output: { type: 'string' },
    check: { type: 'boolean', default: false },
    'no-run': { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    folder: { type: 'string', default: benchFolder },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const rounds = Number(options.rounds);
if (options.help || !(Number.isInteger(rounds) && rounds > 0)) {
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
if (options.list) {
  console.log(textTable(rows.map(({ name, family, title }) => [name, family, title])));
  process.exit(0);
}

const results = existsSync(output) ? JSON.parse(readFileSync(output, 'utf8')) : { rows: {} };
let failed = 0;
if (!options['no-run']) {
  console.error(`Python: ${pythonCandidates().join(', ')} (set PYTHON to choose)`);
  for (const row of rows) {
    const { name, family, title, unit } = row;
    try {
      const measured = await measureRow(row, { rounds, folder, say: (line) => console.error(line) });
      results.rows[name] = {
        family,
        title,
        unit,
        rounds,
        date: new Date().toISOString(),
        commit: commit(),
        machine: machine(),
        measured,
      };
    } catch (error) {
      failed++;
      console.error(`${name}: ${error.message}`);
      continue;
    }
    // After every row: a run that is cut short leaves what it has measured.
    mkdirSync(dirname(output), { recursive: true });
    writeFileSync(output, JSON.stringify(results, undefined, 2) + '\n');
  }
}

const shown = rows.flatMap(({ name }) => (results.rows[name] ? [results.rows[name]] : []));
const pairs = shown.filter(({ measured }) => measured.ours);
const scaling = shown.filter(({ measured }) => measured.scaling);
if (pairs.length > 0) console.log('\n' + textTable([sideHead, ...pairs.flatMap(sideRows)]));
if (scaling.length > 0) console.log('\n' + textTable([scalingHead, ...scaling.flatMap(scalingRows)]));
console.log(`\n${shown.length} of ${rows.length} rows; results in ${output}`);
if (options.check) failed += await check();
process.exitCode = failed > 0 ? 1 : 0;

/** Prints every threshold of the rows at hand and returns how many are missed. */
async function check() {
  const { default: thresholds } = await import(join(folder, 'thresholds.mjs'));
  const lines = rows.flatMap(({ name }) =>
    checkRow(results.rows[name]?.measured ?? {}, thresholds[name]).map((line) => ({ name, ...line })),
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
    node: process.version,
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
