import { blasOf } from './blas.mjs';
import { findPython } from './python.mjs';
import { ourNode, runSide } from './process.mjs';
import { exponent, median, spread } from './statistics.mjs';

/**
 * Measures one row: our side and every peer in turn, A B A B, for a number of rounds, each in a fresh process. Ratios are of the
 * medians of one round, so that what slows the machine down for a while slows both.
 */
export async function measureRow(row, { rounds, say, folder }) {
  return row.scaling ? measureScaling(row, { rounds, say, folder }) : measurePair(row, { rounds, say, folder });
}

async function measurePair(row, { rounds, say, folder }) {
  /** @type {any[]} */
  const sides = [{ key: 'ours', command: ourNode, side: row.ours, results: [] }];
  /** @type {{ peer: string, reason: string | undefined }[]} */
  const skipped = [];
  for (const peer of row.peers) {
    const { python, reason } = findPython(peer.needs);
    if (python) sides.push({ key: peer.name, command: python, side: peer, results: [], blas: blasFor(peer, python) });
    else skipped.push({ peer: peer.name, reason });
  }
  for (const { key, blas } of sides)
    if (blas?.isSlow) say(`${row.name}: WARNING, the BLAS of ${key} is slow, and the ratio says little: ${blas.text}`);
  for (let round = 0; round < rounds; round++)
    for (const entry of sides) {
      if (entry.failed) continue;
      say(`${row.name}: ${entry.key}, round ${round + 1} of ${rounds}`);
      try {
        entry.results.push(await runSide(entry.command, entry.side, row.threads, folder));
      } catch (error) {
        if (entry.key === 'ours') throw error;
        entry.failed = true;
        skipped.push({ peer: entry.key, reason: error.message });
      }
    }
  const [ours, ...others] = sides.filter(({ failed }) => !failed);
  return {
    ours: summaryOf(ours.results),
    peers: Object.fromEntries(
      others.map(({ key, results, blas }) => [
        key,
        {
          ...summaryOf(results),
          ...(blas ? { blas: blas.text } : {}),
          ratio: ratios(ours.results, results, secondsOf),
          memoryRatio: ratios(ours.results, results, ({ peakBytes }) => peakBytes),
        },
      ]),
    ),
    skipped,
  };
}

const numerical = ['numpy', 'torch', 'ipca'];
const blasFor = ({ needs }, python) => (needs.some((name) => numerical.includes(name)) ? blasOf(python) : undefined);

const secondsOf = ({ seconds }) => median(seconds);

function ratios(ours, theirs, figure) {
  return spread(ours.map((result, i) => figure(result) / figure(theirs[i])));
}

function summaryOf(results) {
  const last = results.at(-1);
  return {
    seconds: spread(results.flatMap(({ seconds }) => seconds)),
    peakBytes: Math.max(...results.map(({ peakBytes }) => peakBytes)),
    threads: last.threads,
    backend: last.backend,
    versions: last.versions,
    quality: last.quality,
  };
}

/** Cost against each size in turn, the others held at their base, and the exponent b of `cost = a size^b` of time and memory. */
async function measureScaling(row, { rounds, say, folder }) {
  const { script, base, axes } = row.scaling;
  const measured = {};
  const points = new Map();
  for (const [axis, sizes] of Object.entries(axes)) measured[axis] = { sizes };
  for (let round = 0; round < rounds; round++)
    for (const [axis, sizes] of Object.entries(axes))
      for (const size of sizes) {
        say(`${row.name}: ${axis} = ${size}, round ${round + 1} of ${rounds}`);
        const settings = { threads: row.threads, ...base, [axis]: size };
        const args = Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
        const key = `${axis}=${size}`;
        const result = await runSide(ourNode, { script, args }, settings.threads, folder);
        points.set(key, [...(points.get(key) ?? []), result]);
      }
  for (const [axis, sizes] of Object.entries(axes)) {
    const at = sizes.map((size) => points.get(`${axis}=${size}`));
    const seconds = at.map((results) => median(results.map(secondsOf)));
    const peakBytes = at.map((results) => median(results.map((result) => result.peakBytes)));
    measured[axis] = {
      sizes,
      seconds,
      peakBytes,
      exponent: exponent(sizes, seconds),
      memoryExponent: exponent(sizes, peakBytes),
    };
  }
  const { backend, versions } = [...points.values()][0][0];
  return { scaling: measured, base, backend, versions };
}
