import { createReadStream } from 'node:fs';
import { ConfigError } from '@ml4t/core';
import { parseDocument } from 'yaml';

/** Bytes of an experiment file, and values in it with aliases followed: far more than any that a person means. */
const MOST_BYTES = 16_000_000;
const MOST_VALUES = 1_000_000;

/** The text of an experiment file. Throws ConfigError. */
export async function readText(path: string): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    // As it comes: what has no end, or says no size, is read no further than this.
    for await (const part of createReadStream(path) as AsyncIterable<Buffer>) {
      bytes += part.length;
      if (bytes > MOST_BYTES) break;
      parts.push(part);
    }
  } catch (cause) {
    throw new ConfigError({
      field: path,
      expected: 'a readable experiment file',
      found: (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : String((cause as Error).message),
      remedy: 'Check the path; it is relative to the folder the command runs in.',
      cause,
    });
  }
  if (bytes > MOST_BYTES) throw tooLarge(path, `more than ${MOST_BYTES} bytes`);
  return Buffer.concat(parts).toString('utf8');
}

/**
 * The value of YAML or JSON text: plain data, without cycles.
 * @throws ConfigError that names the line, or the key, that is wrong
 */
export function parseText(text: string, path: string): unknown {
  const document = parseDocument(text, { prettyErrors: false, uniqueKeys: true });
  const problem = document.errors[0];
  if (problem) {
    const line = text.slice(0, problem.pos[0]).split('\n').length;
    throw new ConfigError({
      field: `${path}, line ${line}`,
      expected: 'valid YAML or JSON',
      found: problem.message.split('\n')[0].replace(/[.:]+$/, ''),
      remedy: 'Correct the line; indentation is by spaces.',
    });
  }
  let content: unknown;
  try {
    content = document.toJS();
  } catch (cause) {
    // Of aliases that multiply, or lead nowhere.
    throw new ConfigError({
      field: path,
      expected: 'aliases that stand for plain values',
      found: (cause as Error).message.split('\n')[0],
      remedy: 'Write the values out, or use fewer aliases.',
      cause,
    });
  }
  requirePlain(content, path);
  return content;
}

function requirePlain(content: unknown, path: string): void {
  let values = 0;
  const above = new Set<unknown>();
  const visit = (value: unknown, at: string): void => {
    if (++values > MOST_VALUES) throw tooLarge(path, `more than ${MOST_VALUES} values`);
    if (value === null || typeof value !== 'object') return;
    if (above.has(value) || above.size > 100)
      throw new ConfigError({
        field: `${path}, ${at}`,
        expected: 'values inside one another to a limit',
        found: above.has(value) ? 'an alias for something that it is part of' : 'more than 100 levels',
        remedy: 'Write the value out.',
      });
    above.add(value);
    for (const [key, part] of Object.entries(value)) {
      const name = Array.isArray(value) ? `${at}[${key}]` : at === '' ? key : `${at}.${key}`;
      if (key === '__proto__')
        throw new ConfigError({
          field: `${path}, ${name}`,
          expected: 'keys that an experiment has',
          found: JSON.stringify(key),
          remedy: 'Remove it: it means nothing here.',
        });
      visit(part, name);
    }
    above.delete(value);
  };
  visit(content, '');
}

function tooLarge(path: string, found: string): ConfigError {
  return new ConfigError({
    field: path,
    expected: 'an experiment file',
    found,
    remedy: 'Check that this is the file that you mean; an experiment names its data, and does not hold them.',
  });
}
