import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { readCrossSectionBatch, streamCrossSectionBatches, type ReadOptions } from '../../src/index.ts';
import { failureOf } from '../failures.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const folder = temporaryFolder();
let written = 0;
const file = (content: string | Uint8Array, ending = '.csv'): string => {
  const path = join(folder, `${written++}${ending}`);
  writeFileSync(path, content);
  return path;
};
const columns = { returns: { column: 'ret', lag: 0 }, characteristics: { exclude: [] } };
const read = (content: string | Uint8Array, options: ReadOptions = {}, ending = '.csv') =>
  readCrossSectionBatch(file(content, ending), columns, options);
const failure = (content: string | Uint8Array, options: ReadOptions = {}) => failureOf(read(content, options));

const lines = [
  'date,asset,ret,size',
  '2020-01-31,AAA,0.01,1',
  '2020-01-31,BBB,0.02,2',
  '2020-02-29,AAA,0.03,3',
  '2020-02-29,BBB,,4',
];
const content = { nRows: 4, nDates: 2, assetIds: ['AAA', 'BBB'], characteristicNames: ['size'] };
const values = { returns: [0.01, 0.02, 0.03, NaN], size: [1, 2, 3, 4] };

/** `lines` by bzip2, which Node cannot write. */
const bzip2 = Buffer.from(
  'QlpoOTFBWSZTWfzx4akAACzdgAAQAAd8IDAAJiAcECAAUKYTTQGmIJTQp6QeoDTqsa3aUzOIsWPiwwSOzhTXYkQDxOwh0zWFEQ49HAOWCbvrPOcqkvvRZ/F3JFOFCQ/PHhqQ',
  'base64',
);

describe('a CSV file by any way of writing it', () => {
  const text = lines.join('\n');
  const ways: readonly (readonly [string, string | Uint8Array])[] = [
    ['\\r\\n', lines.join('\r\n')],
    ['\\r', lines.join('\r')],
    ['a byte order mark', `\ufeff${text}`],
    ['line ends that change', `${lines.slice(0, 3).join('\r\n')}\r\n${lines.slice(3).join('\n')}`],
    ['a header that ends otherwise', `${lines[0]}\r\n${lines.slice(1).join('\n')}\n`],
    ['a carriage return among line feeds', `${lines[0]}\n${lines[1]}\r${lines.slice(2).join('\n')}`],
    ['gzip under .csv', gzipSync(text)],
    ['UTF-16', Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['UTF-16, the other byte first', Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
    ['UTF-16 without a mark', Buffer.from(text, 'utf16le')],
    ['semicolons', text.replaceAll(',', ';')],
    ['bars', text.replaceAll(',', '|')],
    [
      'quotes',
      lines
        .map((line) =>
          line
            .split(',')
            .map((entry) => `"${entry}"`)
            .join(','),
        )
        .join('\n'),
    ],
    [
      'single quotes',
      lines
        .map((line) =>
          line
            .split(',')
            .map((entry) => `'${entry}'`)
            .join(','),
        )
        .join('\n'),
    ],
    ['blank lines around it', `\n${text}\n\n\n`],
    ['comments above it', `# made by hand\n# in 2020\n${text}`],
    ['a title above it', `Returns of two assets\n\n${text}`],
    [
      'a title that ends otherwise',
      `Returns of two assets\n${lines.map((line) => `"${line.replaceAll(',', '","')}"`).join('\r\n')}\r\n`,
    ],
    ['a title with commas above it', `Returns of two assets, by month\n${text}`],
    ['a missing entry between spaces', text.replace(',,', ',  ,')],
    ['bzip2', bzip2],
  ];
  it.each(ways)('reads %s', async (_, bytes) => {
    const { batch } = await read(bytes);
    expect(batch).toMatchObject(content);
    expect([...(batch.returns ?? [])]).toEqual(values.returns);
    expect([...batch.characteristics]).toEqual(values.size);
  });

  it('reads quotes within quotes, doubled or after a backslash, and backslashes that are none', async () => {
    for (const [quoted, id] of [
      ['"A ""q"", b"', 'A "q", b'],
      ['"A \\"q\\", b"', 'A "q", b'],
      ['"A \\"q\\""', 'A "q"'],
      ['"C:\\"', 'C:\\'],
    ]) {
      const { batch } = await read([lines[0], `2020-01-31,${quoted},0.01,1`, lines[2]].join('\n'));
      expect(batch.assetIds).toEqual([id, 'BBB']);
    }
  });

  it('notes lines that it left out above the header, but no second line of a header', async () => {
    const { report } = await read(`a title\n${text}`);
    expect(report.notes.map(({ code, found }) => [code, found.includes('line 2')])).toEqual([
      ['lines-above-header', true],
    ]);
    const levels = 'Price,close,close,volume,volume\nTicker,A,B,A,B\nDate,,,,\n2020-01-31,1,2,3,4\n';
    const wide = await readCrossSectionBatch(file(levels), { layout: 'wide', characteristics: { exclude: [] } });
    expect(wide.report.notes).toEqual([]);
    expect(wide.batch.characteristicNames).toEqual(['close', 'volume']);
  });

  it('reads what a .csv.gz holds though it is not compressed, and a .tsv by tabs alone', async () => {
    expect((await read(text, {}, '.csv.gz')).batch).toMatchObject(content);
    expect((await read(bzip2, {}, '.csv.bz2')).batch).toMatchObject(content);
    expect((await read(text.replaceAll(',', '\t'), {}, '.tsv')).batch).toMatchObject(content);
  });

  it('reads another encoding where it is stated', async () => {
    const bytes = Buffer.from(text.replaceAll('AAA', 'SOCI\u00c9T\u00c9'), 'latin1');
    expect(await failure(bytes)).toMatchObject({ expected: 'text in UTF-8' });
    expect((await failure(bytes)).remedy).toContain('encoding');
    const { batch } = await read(bytes, { encoding: 'windows-1252' });
    expect(batch.assetIds).toEqual(['SOCI\u00c9T\u00c9', 'BBB']);
  });

  it.each([
    ['\\n, then \\r\\n', '\n', '\r\n', ''],
    ['\\r\\n, then \\n', '\r\n', '\n', ''],
    ['\\n, then \\r\\n, after quotes', '\n', '\r\n', '"'],
    ['\\r\\n, then \\n, after quotes', '\r\n', '\n', '"'],
  ])(
    'reads on in the middle of a stream where line ends change, and leaves no copy: %s',
    async (_, end, later, quote) => {
      const rows = Array.from(
        { length: 60_000 },
        (__, k) => `2020-01-${10 + Math.floor(k / 10_000)},A${k % 10_000},0.5,${quote}${k}${quote}`,
      );
      const path = file([lines[0], ...rows].map((line, k) => line + (k > 50_000 ? later : end)).join(''));
      const copies = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('ml4t-csv-'));
      const before = copies();
      const sizes: number[] = [];
      for await (const part of streamCrossSectionBatches(path, columns, { rowsPerPart: 10_000 }))
        for (const size of part.characteristics) sizes.push(size);
      expect(sizes).toEqual(rows.map((__, k) => k));
      const { batch } = await readCrossSectionBatch(path, columns);
      expect([...batch.characteristics]).toEqual(sizes);
      expect(copies().filter((name) => !before.includes(name))).toEqual([]);
    },
  );

  it('reads several files of the same columns in another order, and of other dialects', async () => {
    mkdirSync(join(folder, 'many'));
    writeFileSync(join(folder, 'many', 'a.csv'), lines.slice(0, 3).join('\r\n'));
    writeFileSync(
      join(folder, 'many', 'b.csv'),
      'size;date;ret;asset;more\n3;2020-02-29;0.03;AAA;7\n4;2020-02-29;;BBB;8\n',
    );
    const { batch } = await readCrossSectionBatch(join(folder, 'many', '*.csv'), columns);
    expect(batch).toMatchObject({ ...content, characteristicNames: ['size', 'more'] });
    expect([...batch.characteristics]).toEqual([1, NaN, 2, NaN, 3, 7, 4, 8]);
    expect([...(batch.returns ?? [])]).toEqual(values.returns);
  });
});

describe('a CSV file that cannot be read', () => {
  const text = lines.join('\n');
  it.each([
    ['nothing', '', 'an empty file'],
    ['blank lines', '\n\n \n', 'an empty file'],
    ['a spreadsheet', Buffer.from([0x50, 0x4b, 3, 4, 20, 0, 6, 0]), 'a zip archive (a spreadsheet in .xlsx is one)'],
    ['Parquet', Buffer.from('PAR1\x15\x04\x15\x00'), 'a Parquet file'],
    ['Zstandard', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 4, 0, 9, 0]), 'a file compressed by zstd'],
    ['a header alone', 'date,asset,ret,size\n', 'a header alone: date, asset, ret, size'],
    ['names for all columns but one', text.replace('date,', ''), '3 names above rows of 4 entries'],
  ])('says what is there: %s', async (_, bytes, found) => {
    expect((await failure(bytes)).found).toBe(found);
  });

  it.each([
    ['too short', '2020-02-29,AAA,0.03', 3],
    ['too long', '2020-02-29,AAA,0.03,3,4', 5],
  ])('names the line that is %s, however small the file', async (_, line, entries) => {
    const error = await failure(text.replace(lines[3], line));
    expect(error.found).toContain('line 4');
    expect(error.found).toContain(String(entries));
  });

  it('names the line where a header stands among the rows', async () => {
    const twice = await failure(`${text}\n${text}`);
    expect(twice.found).toContain('the header again');
    const rows = Array.from({ length: 30_000 }, (_, k) => `2020-01-31,A${k},0.5,${k}`);
    const late = await failure(`${lines[0]}\n${rows.join('\n')}\n${text}`);
    expect(late).toMatchObject({ field: expect.stringContaining('line 30002'), found: 'the header again' });
  });

  it.each([
    ['0,01', "decimal: ','"],
    ['1.234,5', "decimal: ',' and thousands: '.'"],
    ['1,234.5', "thousands: ','"],
    ['2.5%', 'percent: true'],
    ['B', 'missingValues: ["B"]'],
  ])('says which option reads %s', async (entry, option) => {
    const error = await failure(text.replaceAll(',', ';').replace('0.03', entry));
    expect(error.remedy).toContain(option);
    expect(error.found).toBe(JSON.stringify(entry));
  });

  it('is damaged where its compression breaks off', async () => {
    expect((await failure(gzipSync(text).subarray(0, 40))).expected).toContain('gzip');
    expect((await failure(bzip2.subarray(0, 60))).expected).toContain('bzip2');
  });
});

describe('what the columns of a CSV file hold', () => {
  it.each(['', 'NA', '.'])('is found in all rows: numbers that begin after 25,000 of %j', async (marker) => {
    const rows = Array.from({ length: 26_000 }, (_, k) => `2020-01-31,A${k},0.5,${k},${k < 25_000 ? marker : k}`);
    const { batch, report } = await read(`date,asset,ret,size,rd\n${rows.join('\n')}\n`);
    expect(report.unusedColumns).toEqual([]);
    expect(report.missing.rd).toBe(25_000);
    expect(batch.characteristic('rd')[25_000]).toBe(25_000);
  });

  it.each(['NaN', '', 'NA'])('is flags, some of which are missing as %j', async (none) => {
    const rows = ['True', none, 'False', none].map((flag, k) => `2020-01-31,A${k},0.1,${flag}`);
    const { batch, report } = await read(['date,asset,ret,flag', ...rows].join('\n'));
    expect([...batch.characteristic('flag')]).toEqual([1, NaN, 0, NaN]);
    expect(report.notes).toEqual([]);
  });

  it('is said of every column that is left out', async () => {
    const { batch, report } = await read(
      ['date,asset,ret,size,name,code,none', '2020-01-31,A,0.1,1,x,1,', '2020-01-31,B,0.2,2,y,n.a.,'].join('\n'),
    );
    expect(batch.characteristicNames).toEqual(['size']);
    expect(report.notes.map(({ code, columns: [name] }) => `${name}: ${code}`)).toEqual([
      'none: empty-column',
      'name: not-numeric',
      'code: not-numeric',
    ]);
    expect(report.notes[2].found).toContain('"n.a."');
    expect(report.notes[2].remedy).toContain('missingValues');
  });

  it.each(['', 'Unnamed: 0', '__index_level_0__'])('is no characteristic where it is the index %j', async (name) => {
    const indexed = lines.map((line, k) => `${k === 0 ? name : k - 1},${line}`).join('\n');
    const { batch, report } = await read(indexed);
    expect(batch.characteristicNames).toEqual(['size']);
    expect(report.notes.map(({ code }) => code)).toEqual(['index-column']);
    const named = await readCrossSectionBatch(file(indexed), { characteristics: [name === '' ? 'Unnamed: 0' : name] });
    expect([...named.batch.characteristics]).toEqual([0, 1, 2, 3]);
  });
});
