/** Seconds in the unit that reads best. */
export function duration(seconds) {
  if (seconds >= 100) return `${seconds.toFixed(0)} s`;
  if (seconds >= 1) return `${seconds.toFixed(2)} s`;
  if (seconds >= 1e-3) return `${(seconds * 1e3).toPrecision(3)} ms`;
  return `${(seconds * 1e6).toPrecision(3)} us`;
}

export const mebibytes = (bytes) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

/** Medians with their quartiles: `12.3 ms (12.1 ms to 13.0 ms)`. */
export const timing = ({ median, lowerQuartile, upperQuartile }) =>
  `${duration(median)} (${duration(lowerQuartile)} to ${duration(upperQuartile)})`;

/** The median of the pairs' ratios with their range: `0.52 (0.50 to 0.61)`. */
export const ratio = ({ median, least, most }) =>
  `${median.toPrecision(2)} (${least.toPrecision(2)} to ${most.toPrecision(2)})`;

export const qualities = (quality) =>
  Object.entries(quality)
    .map(([name, value]) => `${name} ${Number(value.toPrecision(6))}`)
    .join(', ');

/** Columns padded to their widest cell; a row of one cell is a heading and stands by itself. */
export function textTable(rows) {
  const full = rows.filter(({ length }) => length > 1);
  const widths = full[0].map((_, j) => Math.max(...full.map((row) => row[j].length)));
  const line = (row) =>
    row.length === 1
      ? row[0]
      : row
          .map((cell, j) => cell.padEnd(widths[j]))
          .join('  ')
          .trimEnd();
  return rows.map(line).join('\n');
}

export function markdownTable([head, ...body]) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const whole = (cells) => (cells.length === 1 ? [`**${cells[0]}**`, ...head.slice(1).map(() => '')] : cells);
  return [line(head), line(head.map(() => '---')), ...body.map((cells) => line(whole(cells)))].join('\n');
}

/** The sides of a measured row as cells: side, time, ratio, memory, threads, quality. */
export function sideRows({ title, unit, measured }) {
  const { ours, peers, skipped } = measured;
  const cells = (side, { seconds, peakBytes, threads, quality }, ratioText, memoryText) => [
    side,
    timing(seconds),
    ratioText,
    mebibytes(peakBytes) + memoryText,
    String(threads),
    qualities(quality),
  ];
  return [
    [`${title}; per ${unit}`],
    cells('  ours', ours, '', ''),
    ...Object.entries(peers).map(([name, peer]) =>
      cells(`  ${name}`, peer, ratio(peer.ratio), `, ours ${peer.memoryRatio.median.toPrecision(2)} of it`),
    ),
    ...skipped.map(({ peer, reason }) => [`  ${peer} skipped: ${reason}`]),
  ];
}

/** Each axis of a scaling row as cells: axis, sizes, times, exponent, memory exponent. */
export function scalingRows({ title, unit, measured }) {
  return [
    [`${title}; per ${unit}`],
    ...Object.entries(measured.scaling).map(([axis, { sizes, seconds, exponent, memoryExponent }]) => [
      `  ${axis}`,
      sizes.join(', '),
      seconds.map(duration).join(', '),
      exponent.toFixed(2),
      memoryExponent.toFixed(2),
    ]),
  ];
}

export const sideHead = [
  '',
  'time, median (quartiles)',
  'ours / theirs, by pairs (range)',
  'peak memory',
  'threads',
  'quality',
];
export const scalingHead = ['', 'sizes', 'median times', 'exponent of time', 'exponent of memory'];
