import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * The rows of a folder that any of the filters means (all without filters), in order of their files.
 * Throws an Error that names the row, the field and what it should be.
 */
export async function loadRows(folder, scripts, filters = []) {
  const rows = [];
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.mjs')) continue;
    const { default: exported } = await import(pathToFileURL(join(folder, file)).href);
    for (const row of [exported].flat()) rows.push(checkedRow(row, file, scripts));
  }
  const names = rows.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice) throw new Error(`bench/rows: the name ${twice} is taken twice`);
  return filters.length === 0 ? rows : rows.filter((row) => filters.some((filter) => isMeant(row, filter, names)));
}

/** A filter that is a row's name means that row alone; any other is looked for in names, families and titles. */
function isMeant({ name, family, title }, filter, names) {
  if (names.includes(filter)) return name === filter;
  return [name, family, title].some((text) => text.toLowerCase().includes(filter.toLowerCase()));
}

/** The row with its defaults filled in; `peer` becomes the only entry of `peers`. */
function checkedRow(row, file, scripts) {
  const wrong = (field, expected) => {
    throw new Error(`bench/rows/${file}: ${field}: expected ${expected}`);
  };
  for (const field of ['name', 'family', 'title', 'unit'])
    if (typeof row?.[field] !== 'string' || row[field] === '') wrong(field, 'a text');
  const peers = row.peers ?? (row.peer ? [row.peer] : []);
  const sides = row.scaling ? [row.scaling] : [row.ours, ...peers];
  if (row.scaling && (row.ours || peers.length > 0)) wrong('scaling', 'a row of its own, without ours and peers');
  for (const side of sides) {
    if (typeof side?.script !== 'string') wrong('script', 'a path relative to bench/, for ours and every peer');
    if (!existsSync(join(scripts, side.script))) wrong('script', `${side.script} to exist`);
  }
  for (const [axis, values] of Object.entries(row.scaling?.axes ?? {}))
    if (!(values.length >= 2 && values.every((value) => value > 0))) wrong(`scaling.axes.${axis}`, 'two sizes or more');
  if (row.rounds !== undefined && !(Number.isInteger(row.rounds) && row.rounds > 0)) wrong('rounds', 'a whole number');
  return {
    ...row,
    threads: row.threads ?? 1,
    rounds: row.rounds ?? 3,
    peers: peers.map((peer) => ({ args: [], needs: [], ...peer, name: peer.name ?? peer.needs?.at(-1) ?? 'python' })),
  };
}
