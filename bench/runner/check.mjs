/**
 * Holds a measured row against its thresholds. Returns one line per threshold: `{ text, ok }`, ok undefined where nothing was
 * measured that it could be held against.
 */
export function checkRow(measured, limits = {}) {
  const peer = limits.peer ? measured.peers?.[limits.peer] : Object.values(measured.peers ?? {})[0];
  const lines = [];
  const atMost = (what, value, limit, format = (x) => x.toPrecision(3)) =>
    lines.push({
      text: `${what} ${value === undefined ? 'not measured' : format(value)}, at most ${format(limit)}`,
      ok: value === undefined ? undefined : value <= limit,
    });
  if (limits.time !== undefined) atMost('time against the peer', peer?.ratio.median, limits.time);
  if (limits.memory !== undefined) atMost('memory against the peer', peer?.memoryRatio.median, limits.memory);
  if (limits.seconds !== undefined) atMost('seconds', measured.ours?.seconds.median, limits.seconds);
  if (limits.bytes !== undefined)
    atMost('peak MiB', measured.ours?.peakBytes, limits.bytes, (x) => (x / 2 ** 20).toFixed(0));
  for (const [axis, limit] of Object.entries(limits.exponents ?? {}))
    atMost(`exponent of time in ${axis}`, measured.scaling?.[axis]?.exponent, limit);
  for (const [axis, limit] of Object.entries(limits.memoryExponents ?? {}))
    atMost(`exponent of memory in ${axis}`, measured.scaling?.[axis]?.memoryExponent, limit);
  for (const [name, bound] of Object.entries(limits.quality ?? {})) {
    const value = measured.ours?.quality[name];
    const reference = peer?.quality[name];
    const report = (what, ok) =>
      lines.push({ text: `${name} ${value === undefined ? 'not measured' : value.toPrecision(6)}, ${what}`, ok });
    if (bound.atLeast !== undefined)
      report(`at least ${bound.atLeast}`, value === undefined ? undefined : value >= bound.atLeast);
    if (bound.atMost !== undefined)
      report(`at most ${bound.atMost}`, value === undefined ? undefined : value <= bound.atMost);
    if (bound.within !== undefined)
      report(
        `within ${bound.within} of the peer's ${reference?.toPrecision(6) ?? '(not measured)'}`,
        value === undefined || reference === undefined
          ? undefined
          : Math.abs(value - reference) <= bound.within * Math.abs(reference),
      );
  }
  return lines;
}
