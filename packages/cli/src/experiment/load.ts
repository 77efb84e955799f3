import { dirname, isAbsolute, resolve } from 'node:path';
import { ConfigError } from '@ml4t/core';
import { describe, parseConfig } from '@ml4t/core/authoring';
import { sourceFrom } from './data-schema.ts';
import { parseText, readText } from './read-text.ts';
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
  const content = parseText(text, path);
  if (content === null || typeof content !== 'object' || Array.isArray(content))
    throw new ConfigError({
      field: path,
      expected: 'an experiment with the keys data, models and split',
      found: content === null ? 'an empty file' : describe(content),
      remedy: 'Start from the example in docs/cli.md.',
    });
  const experiment = parseConfig(experimentSchema, content, 'experiment');
  const from = (relative: string): string => resolve(dirname(path), relative);
  const besideFrom = <S extends { readonly source: Experiment['data']['source'] }>(beside: S): S => ({
    ...beside,
    source: sourceFrom(beside.source, dirname(resolve(path)), from),
  });
  const { data, outputs } = experiment;
  return {
    ...experiment,
    ...(experiment.plugins ? { plugins: experiment.plugins.map((each) => (isPath(each) ? from(each) : each)) } : {}),
    data: {
      ...besideFrom(data),
      ...(data.join ? { join: data.join.map(besideFrom) } : {}),
      ...(data.riskFree ? { riskFree: besideFrom(data.riskFree) } : {}),
      ...(data.benchmark ? { benchmark: besideFrom(data.benchmark) } : {}),
      ...(data.truth ? { truth: { ...data.truth, source: from(data.truth.source) } } : {}),
    },
    outputs: { ...outputs, directory: from(outputs.directory) },
  };
}

/** A folder, and no name of a package. */
function isPath(plugin: string): boolean {
  return /^\.{1,2}([/\\]|$)/.test(plugin) || isAbsolute(plugin);
}
