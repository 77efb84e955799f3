// Writes docs/benchmarks.md from what `pnpm bench` measured. Usage: pnpm bench:docs [results.json] [page.md]
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { checkRow } from './runner/check.mjs';
import { markdownTable, ratio, scalingHead, scalingRows, sideHead, sideRows } from './runner/format.mjs';
import { benchFolder } from './runner/process.mjs';
import thresholds from './thresholds.mjs';

const [source = join(benchFolder, 'results', 'results.json'), page = join(benchFolder, '..', 'docs', 'benchmarks.md')] =
  process.argv.slice(2);
const { rows } = JSON.parse(readFileSync(source, 'utf8'));
const entries = Object.entries(rows).map(([name, row]) => ({ name, ...row }));
const families = [...new Set(entries.map(({ family }) => family))].sort();
const machines = byMachine(entries);

const text = `# Measured against the peers

Written by \`pnpm bench:docs\` from the results of \`pnpm bench\`; bench/README.md says how rows are made and run. Our side and the
peer run in turn, A B A B, each time in a process of its own; a ratio is of the medians of one round. Times are medians of all
repeats, with quartiles. Quality is what the work reached: equal figures mean equal work. A Node process starts with about 50 MiB.
Read the spread beside every figure: a machine that does other work at the same time slows single rounds.

${[...machines].map(([machine, group]) => `- ${machine}: ${group.map(({ name }) => name).join(', ')} (${dates(group)}; commit ${commits(group)})`).join('\n')}

## Where we lose

${losses()}

${families.map(section).join('\n\n')}
`;
const options = await resolveConfig(page);
writeFileSync(page, await format(text, { ...options, parser: 'markdown' }));
console.log(`${entries.length} rows in ${page}`);

function byMachine(list) {
  const groups = new Map();
  for (const entry of list) {
    const { processor, cores, memory, system, node } = entry.machine;
    const key = `${processor}, ${cores} cores, ${memory}, ${system}, Node ${node}`;
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return groups;
}

function dates(group) {
  const days = group.map(({ date }) => date.slice(0, 10)).sort();
  return days[0] === days.at(-1) ? days[0] : `${days[0]} to ${days.at(-1)}`;
}

function commits(group) {
  return [...new Set(group.map(({ commit }) => commit))].join(', ');
}

/** Every row on which a peer is faster or smaller, and every threshold that is missed. */
function losses() {
  const lines = entries.flatMap(({ name, measured }) => {
    const slower = Object.entries(measured.peers ?? {}).flatMap(([peer, { ratio: time, memoryRatio }]) => {
      const worse = [
        ...(time.median > 1 ? [`${ratio(time)} times the time`] : []),
        ...(memoryRatio.median > 1 ? [`${ratio(memoryRatio)} times the memory`] : []),
      ];
      return worse.length > 0 ? [`- ${name}: ${worse.join(', ')} of ${peer}`] : [];
    });
    const missed = checkRow(measured, thresholds[name])
      .filter(({ ok }) => ok === false)
      .map((line) => `- ${name}, threshold missed: ${line.text}`);
    return [...slower, ...missed];
  });
  return lines.length > 0 ? lines.join('\n') : 'On none of the rows measured.';
}

function section(family) {
  const rowsOf = entries.filter((entry) => entry.family === family);
  const pairs = rowsOf.filter(({ measured }) => measured.ours);
  const scaling = rowsOf.filter(({ measured }) => measured.scaling);
  const parts = [`## ${family}`];
  if (pairs.length > 0) parts.push(markdownTable([sideHead, ...pairs.flatMap(sideRows)]), backends(pairs));
  if (scaling.length > 0) parts.push(markdownTable([scalingHead, ...scaling.flatMap(scalingRows)]));
  return parts.join('\n\n');
}

/** Which engines and versions ran, once each. */
function backends(pairs) {
  const described = pairs.flatMap(({ measured }) =>
    [measured.ours, ...Object.values(measured.peers)].flatMap(({ backend, versions, blas }) => [
      `${backend} (${Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', ')})`,
      ...(blas ? [blas] : []),
    ]),
  );
  return `Backends: ${[...new Set(described)].join('; ')}.`;
}
