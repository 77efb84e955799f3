import { ConfigError } from '@ml4t/core';

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const longMonths = [
  ...['january', 'february', 'march', 'april', 'may', 'june'],
  ...['july', 'august', 'september', 'october', 'november', 'december'],
];

/** What each letter stands for, in the meaning of strptime. */
const letters: Readonly<Record<string, string>> = {
  Y: '(?<Y>\\d{4})',
  y: '(?<y>\\d{2})',
  m: '(?<m>\\d{1,2})',
  d: '(?<d>\\d{1,2})',
  b: `(?<b>${months.join('|')})`,
  B: `(?<B>${longMonths.join('|')})`,
  H: '(?<H>\\d{1,2})',
  I: '(?<I>\\d{1,2})',
  p: '(?<p>am|pm)',
  M: '(?<M>\\d{2})',
  S: '(?<S>\\d{2})',
  f: '(?<f>\\d{1,9})',
  '%': '%',
};

const patterns = new Map<string, RegExp>();

/**
 * A date by a pattern such as `%d/%m/%Y`, in milliseconds since 1970 UTC; NaN where the text does not follow it. Without a day it is
 * the last day of the month. `%y` is 1969 to 2068.
 *
 * @throws ConfigError the pattern has an unknown letter, or neither year nor month
 */
export function dateByPattern(text: string, pattern: string): number {
  let expression = patterns.get(pattern);
  if (expression === undefined) {
    expression = expressionOf(pattern);
    patterns.set(pattern, expression);
  }
  const found = expression.exec(text)?.groups;
  if (!found) return Number.NaN;
  const short = Number(found.y ?? 0);
  const year = found.Y === undefined ? short + (short >= 69 ? 1900 : 2000) : Number(found.Y);
  const name = (found.b ?? found.B)?.toLowerCase();
  const month = name === undefined ? Number(found.m) : (found.b === undefined ? longMonths : months).indexOf(name) + 1;
  const lastDay = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const day = found.d === undefined ? lastDay : Number(found.d);
  const noon = found.p?.toLowerCase();
  const half = found.I === undefined ? undefined : (Number(found.I) % 12) + (noon === 'pm' ? 12 : 0);
  const hour = half ?? Number(found.H ?? 0);
  const [minute, second] = [Number(found.M ?? 0), Number(found.S ?? 0)];
  const isRight =
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= lastDay &&
    hour < 24 &&
    minute < 60 &&
    second < 60 &&
    (found.I === undefined || (Number(found.I) >= 1 && Number(found.I) <= 12));
  if (!isRight) return Number.NaN;
  const fraction = found.f === undefined ? 0 : Number(`0.${found.f}`) * 1000;
  return Date.UTC(year, month - 1, day, hour, minute, second) + fraction;
}

function expressionOf(pattern: string): RegExp {
  const used: string[] = [];
  const body = pattern.replaceAll(/%(.)|[.*+?^${}()|[\]\\/]|\s+/g, (mark: string, letter: string | undefined) => {
    if (letter === undefined) return /\s/.test(mark) ? '\\s+' : `\\${mark}`;
    if (!Object.hasOwn(letters, letter) || (letter !== '%' && used.includes(letter))) throw unknownPattern(pattern);
    used.push(letter);
    return letters[letter];
  });
  const has = (...any: readonly string[]): boolean => any.some((letter) => used.includes(letter));
  if (!has('Y', 'y') || !has('m', 'b', 'B') || has('I') !== has('p')) throw unknownPattern(pattern);
  return new RegExp(`^${body}$`, 'i');
}

function unknownPattern(pattern: string): ConfigError {
  return new ConfigError({
    field: 'options.dateFormat',
    expected: 'year and month, each letter once, of %Y %y %m %b %B %d %H %I %p %M %S %f',
    found: JSON.stringify(pattern),
    remedy: "Write it in the letters of strptime: '%d/%m/%Y' for 31/01/2024.",
  });
}
