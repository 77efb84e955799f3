import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ConfigError, describe, parseConfig } from '@ml4t/core';
import { parseDocument } from 'yaml';
import { sourceFrom } from './data-schema.ts';
import { experimentSchema, type Experiment } from './schema.ts';

/** Reads and validates an experiment file (YAML or JSON); its paths are resolved against the file's folder. */
export async function loadExperiment(path: string): Promise<Experiment> {
  return parseExperiment(await readText(path), path);
}

/**
 * An experiment from its text.
 * @param path of the file it came from: relative paths inside are relative to its folder
 * @throws ConfigError that names the line, or the key, that is wrong
 */
export function parseExperiment(text: string, path: string): Experiment {
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
  const content: unknown = document.toJS();
  if (content === null || typeof content !== 'object' || Array.isArray(content))
    throw new ConfigError({
      field: path,
      expected: 'an experiment with the keys data, models and split',
      found: content === null ? 'an empty file' : describe(content),
      remedy: 'Start from the example in docs/cli.md.',
    });
  const experiment = parseConfig(experimentSchema, content, 'experiment');
  const from = (relative: string): string => resolve(dirname(path), relative);
  const { data, outputs } = experiment;
  return {
    ...experiment,
    data: {
      ...data,
      source: sourceFrom(data.source, dirname(resolve(path)), from),
      ...(data.truth ? { truth: { ...data.truth, source: from(data.truth.source) } } : {}),
    },
    outputs: { ...outputs, directory: from(outputs.directory) },
  };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new ConfigError({
      field: path,
      expected: 'a readable experiment file',
      found: (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : String((cause as Error).message),
      remedy: 'Check the path; it is relative to the folder the command runs in.',
      cause,
    });
  }
}
