import { access } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ConfigError, OutputError } from '@ml4t/core';
import { nearestName, type ModelRegistration } from '@ml4t/core/authoring';
import { makeFolders, replaceFile } from '@ml4t/core/persist';
import { familyOf, findFamilies } from '../families/packages.ts';
import { registrationOf } from '@ml4t/core/experiment';
import type { FamilyPackage } from '../families/packages.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { shownPath } from '../terminal/words.ts';

export interface InitCommandOptions {
  readonly output: string;
  /** Replaces a file that is there. */
  readonly force?: boolean | undefined;
  readonly json?: boolean | undefined;
  readonly terminal: Terminal;
  readonly packages?: readonly FamilyPackage[] | undefined;
}

/** `ml4t init`: a commented experiment file for a model type, or for every model of a family package. */
export async function initCommand(name: string, options: InitCommandOptions): Promise<void> {
  const path = resolve(options.output);
  const text = await experimentFor(name, options.packages ?? findFamilies());
  if (!options.force && (await exists(path)))
    throw new OutputError({
      field: path,
      expected: 'no file of that name',
      found: 'one',
      remedy: 'Choose another name with --output, or replace it with --force.',
    });
  await makeFolders(dirname(path)).catch((cause: Error) => {
    throw new OutputError({
      field: path,
      expected: 'a file that can be written',
      found: cause.message,
      remedy: 'Choose another path with --output.',
      cause,
    });
  });
  await replaceFile(path, [Buffer.from(text)]);
  const { terminal } = options;
  if (options.json) terminal.stdout.write(`${JSON.stringify({ files: [path] })}\n`);
  else
    terminal.stdout.write(
      `wrote ${shownPath(path)}\nPoint its data section at your file, then: ml4t run ${shownPath(path)}\n`,
    );
}

/** The text of the file. Throws ConfigError, MissingPackageError. */
async function experimentFor(name: string, packages: readonly FamilyPackage[]): Promise<string> {
  const home = packages.find(
    ({ packageName, modelTypes }) =>
      packageName === name || packageName === `@ml4t/${name}` || modelTypes.includes(name),
  );
  if (!home) {
    const names = packages.flatMap(({ packageName, modelTypes }) => [packageName, ...modelTypes]);
    const near = nearestName(name, [...names, ...packages.map(({ packageName }) => packageName.replace('@ml4t/', ''))]);
    throw new ConfigError({
      field: 'model',
      expected: `one of ${names.join(', ')}`,
      found: JSON.stringify(name),
      remedy:
        near === undefined ? 'Pass a model type, or a family package for all of its models.' : `Did you mean ${near}?`,
    });
  }
  const types = home.modelTypes.includes(name) ? [name] : home.modelTypes;
  const family = await familyOf(types[0], 'model', packages);
  const models = types.map((type) => modelEntry(type, registrationOf(family, type)));
  return `# An experiment for: ml4t run. docs/cli.md and \`ml4t schema\` say what every key means.

data:
  source: panel.parquet # Parquet, CSV or Arrow, a list of files, { query } or { fields }: one row per (date, asset), or wide
  # timestamp: date # found by its name where absent
  # asset: ticker # found by its name where absent
  # lag 0: the return is earned after the date of its row; lag 1: it ends there. A wrong one is a look-ahead.
  # horizon: dates that a return spans, 5 for weekly returns on a daily panel; with lag 1 or more it is the lag.
  returns: { column: returns, lag: 0, horizon: 1 }
  # returns: { prices: close } # instead: made of adjusted prices, from each date to the next
  # returnsIn: percent # where 5 is five per cent
  # delisting: { column: dlret, otherwise: -0.3 } # what is earned after the last row of an asset that leaves
  # layout: wide # dates down and assets across; found by itself where it is plain
  # dateFormat: '%d/%m/%Y' # of dates that are not like 2024-01-31
  # missingValues: [-99.99, B, C] # codes that stand for nothing
  # join: # characteristics of other files, as they were public
  #   - { source: book.csv, asOf: { lagMonths: 6 } }
  # riskFree: { source: rf.csv, column: rf, lag: 1 } # subtracted from the returns
  # exclude: [price] # numeric columns that are no characteristics
  # truth: { source: truth.parquet } # of simulated data: adds the oracle

# Each step works within one date.
preprocessing:
  - rank-normalize # to [-1, 1]
  - { type: impute, method: zero } # zero is the median of ranks

models:
${models.join('\n')}

split: # numbers of dates
  scheme: expanding # or rolling
  initialTrain: 60 # training dates of the first fold
  validationSize: 12 # for models that stop early or choose a checkpoint; 0 for none
  testSize: 12 # dates forecast with one fit
  # purge: 0 # dates left out before each test window; horizon - 1 where absent, and never fewer

# evaluation:
#   quantiles: 5 # portfolios by forecast; 10 where absent
#   ties: split # equal forecasts in equal parts over the quantiles that they reach into

outputs:
  directory: results
  format: parquet # or csv, csv.gz
  # importance: false # without the importance of characteristics
  # report: false # without report.html
`;
}

interface Property {
  readonly default?: unknown;
  readonly description?: string;
}

/** A model with its configuration as comments: what each key is when it is left out. */
function modelEntry(type: string, { title, configJsonSchema }: ModelRegistration): string {
  const schema = configJsonSchema();
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Property>);
  const lines = properties.map(([key, { default: value, description }]) => {
    const given = value === undefined ? '…' : JSON.stringify(value);
    return `    #   ${key}: ${given}${description === undefined ? '' : ` # ${description.split('\n')[0]}`}`;
  });
  return [`  # ${title}`, `  - type: ${type}`, '    # config: # each key with its default', ...lines].join('\n');
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
