import type { PanelColumns, ReadOptions } from '../../src/index.ts';

/** A generator of small numbers that depends on its seed alone (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 4294967296;
  };
}

/** A small CSV file as somebody may have written it, what has to be said of it, and what it holds. */
export interface CsvFrame {
  readonly bytes: Uint8Array;
  readonly options: ReadOptions;
  readonly columns: PanelColumns;
  /** Rows in order of date and asset: milliseconds, id, return, characteristics. */
  readonly rows: readonly (readonly [number, string, ...number[]])[];
  readonly description: string;
}

const ids = [
  'AAPL',
  'BRK.B',
  '000123',
  'NA',
  'TRUE',
  'nan',
  '1E5',
  'Soci\u00e9t\u00e9',
  'A, B',
  'say "hi"',
  "O'Neil",
  'null',
  '-',
  '\u65e5\u672c',
  'x;y',
  'a|b',
  'tab\there',
];

/** A file in a dialect, an encoding, an order and a way of writing dates and numbers that the seed chooses. */
export function csvFrame(seed: number): CsvFrame {
  const random = seededRandom(seed);
  const below = (n: number): number => Math.floor(random() * n);
  const pick = <T>(of: readonly T[]): T => of[below(of.length)];
  const chance = (p: number): boolean => random() < p;

  const delimiter = pick([',', ';', '\t', '|']);
  const lineEnd = pick(['\n', '\r\n', '\n', '\r', 'mixed']);
  const encoding = pick(['utf8', 'utf8', 'bom', 'utf16le', 'utf16be', 'windows-1252'] as const);
  const quoting = pick(['needed', 'all', 'text'] as const);
  const decimal = delimiter === ',' ? '.' : pick(['.', '.', ',']);
  const dates = pick(['iso', 'iso', 'time', 'dmy', 'yyyymmdd', 'month'] as const);
  const missing = pick(['', 'NA', 'NaN', '#N/A', '.', '-99.99', 'B']);
  const isPercent = chance(0.2);
  const thousands = decimal === ',' && chance(0.5) ? '.' : undefined;
  const hasIndex = chance(0.2);
  const [nDates, nAssets, p] = [1 + below(6), 1 + below(6), 1 + below(3)];
  const usable = encoding === 'windows-1252' ? ids.filter((id) => !/\u65e5/.test(id)) : ids;
  const assets = [...usable].sort(() => random() - 0.5).slice(0, nAssets);

  const value = (): number =>
    chance(0.15) ? Number.NaN : (below(2_000_001) - 1_000_000) / pick([1, 10, 1000, 10_000]);
  const rows = Array.from({ length: nDates }, (_, t) => Date.UTC(2019, t + 1, 0)).flatMap((date) =>
    assets
      .filter(() => chance(0.9))
      .map((asset) => [date, asset, value(), ...Array.from({ length: p }, value)] as const),
  );
  // A column without a single value is an error of its own, tested elsewhere.
  const kept = rows.map(
    ([date, asset, ...numbers], i) =>
      [date, asset, ...numbers.map((x) => (i === 0 && Number.isNaN(x) ? 1.5 : x))] as const,
  );

  const number = (x: number): string => {
    if (Number.isNaN(x)) return missing;
    const text = String(x);
    const [whole, part] = text.split('.');
    const grouped = thousands === undefined ? whole : whole.replaceAll(/\B(?=(\d{3})+$)/g, thousands);
    return part === undefined ? grouped : `${grouped}${decimal}${part}`;
  };
  const dateText = (date: number): string => {
    const iso = new Date(date).toISOString().slice(0, 10);
    const [y, m, d] = iso.split('-');
    return { iso, time: `${iso} 00:00:00`, dmy: `${d}/${m}/${y}`, yyyymmdd: `${y}${m}${d}`, month: `${y}-${m}` }[dates];
  };
  const quoted = (text: string, isText: boolean): string => {
    const needs = /["\r\n]/.test(text) || text.includes(delimiter) || (quoting === 'needed' && text.startsWith("'"));
    return quoting === 'all' || (quoting === 'text' && isText) || needs ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const order = [...kept.keys()];
  if (chance(0.3)) order.sort(() => random() - 0.5);
  const names = ['date', 'asset', 'ret', ...Array.from({ length: p }, (_, k) => `x${k}`)];
  const positions = chance(0.5) ? [...names.keys()] : [...names.keys()].sort(() => random() - 0.5);
  const line = (cells: readonly string[], index: string): string =>
    [...(hasIndex ? [index] : []), ...positions.map((k) => cells[k])].join(delimiter);
  const lines = [
    line(
      names.map((name) => quoted(name, true)),
      '',
    ),
    ...order.map((row, k) => {
      const [date, asset, ret, ...others] = kept[row];
      const percent = Number.isNaN(ret) ? missing : `${number(ret)}%`;
      return line(
        [
          quoted(dateText(date), true),
          quoted(asset, true),
          quoted(isPercent ? percent : number(ret), false),
          ...others.map((x) => quoted(number(x), false)),
        ],
        String(k),
      );
    }),
  ];
  const title = chance(0.1) ? ['Returns by month'] : [];
  const ends = lineEnd === 'mixed' ? ['\n', '\r\n'] : [lineEnd];
  const text = [...title, ...lines].map((each, k) => each + ends[k % ends.length]).join('');
  return {
    bytes: encode(text, encoding),
    options: {
      sort: true,
      ...(encoding === 'windows-1252' ? { encoding } : {}),
      ...(decimal === ',' ? { decimal } : {}),
      ...(thousands === undefined ? {} : { thousands }),
      ...(isPercent ? { percent: true } : {}),
      ...(missing === 'B'
        ? { missingValues: ['B'] }
        : missing === '-99.99'
          ? { missingValues: [-99.99, '-99.99', '-99,99'] }
          : {}),
      ...(dates === 'dmy' ? { dateFormat: '%d/%m/%Y' } : dates === 'month' ? { dateFormat: '%Y-%m' } : {}),
    },
    columns: {
      returns: { column: 'ret', lag: 0 },
      characteristics: { exclude: [] },
      ...(dates === 'yyyymmdd' ? { timestampFormat: 'yyyymmdd' } : {}),
    },
    rows: kept
      .map(([date, asset, ret, ...others]): readonly [number, string, ...number[]] => [
        date,
        asset,
        isPercent && !Number.isNaN(ret) ? Number(`${ret}e-2`) : ret,
        ...positions.filter((k) => k > 2).map((k) => others[k - 3]),
      ])
      .sort((a, b) => a[0] - b[0] || (a[1] < b[1] ? -1 : 1)),
    description: JSON.stringify({
      seed,
      delimiter,
      lineEnd,
      encoding,
      quoting,
      decimal,
      thousands,
      dates,
      missing,
      isPercent,
      hasIndex,
    }),
  };
}

function encode(text: string, encoding: 'utf8' | 'bom' | 'utf16le' | 'utf16be' | 'windows-1252'): Uint8Array {
  if (encoding === 'utf8') return Buffer.from(text);
  if (encoding === 'bom') return Buffer.from(`\ufeff${text}`);
  // The accents used here are the same in Latin-1.
  if (encoding === 'windows-1252') return Buffer.from(text, 'latin1');
  const little = Buffer.from(`\ufeff${text}`, 'utf16le');
  return encoding === 'utf16le' ? little : little.swap16();
}
