import { AbortedError, Ml4tError } from '@ml4t/core';
import { Command, CommanderError, Option } from 'commander';
import { checkCommand } from './commands/check.ts';
import { doctorCommand } from './commands/doctor.ts';
import { initCommand, type InitCommandOptions } from './commands/init.ts';
import { inspectCommand, type InspectCommandOptions } from './commands/inspect.ts';
import { reportCommand } from './commands/report.ts';
import { runCommand, type RunCommandOptions } from './commands/run.ts';
import { schemaOf } from './commands/schema.ts';
import { simulateCommand } from './commands/simulate.ts';
import { exitCodeFor, exitCodes } from './exit-codes.ts';
import type { FamilyPackage } from './families/packages.ts';
import { onOneLine, printableTerminal } from './terminal/printable.ts';
import type { Terminal } from './terminal/terminal.ts';
import { share, usageError, wholeNumber } from './usage.ts';
import { packageVersion } from './version.ts';

/**
 * The `ml4t` command.
 * @param argv the arguments after `ml4t`
 * @param terminal where to print, and the signal that stops it
 * @param packages the model families to look for
 * @returns the exit code, see {@link exitCodes}; nothing is thrown
 */
export async function runCli(
  argv: readonly string[],
  terminal: Terminal,
  packages?: readonly FamilyPackage[],
): Promise<number> {
  const safe = printableTerminal(terminal);
  const program = buildProgram(safe, packages);
  try {
    await program.parseAsync(argv.length === 0 ? ['--help'] : argv, { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok;
    const known =
      error instanceof CommanderError ? usageError(error, commandOf(program, argv)) : asAbort(error, terminal.signal);
    reportError(known, safe, { debug: argv.includes('--debug'), json: argv.includes('--json') });
    return exitCodeFor(known);
  }
}

function buildProgram(terminal: Terminal, packages: readonly FamilyPackage[] | undefined): Command {
  const program = new Command('ml4t')
    .description('Walk-forward experiments with models of asset returns.')
    .version(packageVersion())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      // Errors are thrown and printed in one place, as one line.
      writeErr: () => undefined,
    })
    .option('--debug', 'show the stack of an unexpected error');

  program
    .command('run')
    .description('Run an experiment: read the panel, walk the models forward, compare them, write predictions.')
    .argument('<experiment>', 'YAML or JSON file, see docs/cli.md and `ml4t schema`')
    .option('-o, --output <directory>', "where to write, instead of the experiment's outputs.directory")
    .option('--json', 'print the summary as JSON instead of a table')
    .option('-q, --quiet', 'no progress')
    .option(
      '-w, --workers <n>',
      'worker threads; as many as there are processors where absent',
      wholeNumber('--workers', 1),
    )
    .option('--fresh', 'do everything again, whatever a stopped run left')
    .option('--fail-fast', 'stop at the first task that fails, instead of doing all that does not need it')
    .option(
      '--attempts <n>',
      'how often to try a task whose worker thread was lost; 1 where absent',
      wholeNumber('--attempts', 1),
    )
    .option('--wait', 'wait for another run that has the output directory, instead of refusing')
    .option('--strict', 'make what `ml4t check` warns of an error, before any fit')
    .option('--debug', 'show the stack of an unexpected error')
    .action((experiment: string, options: Omit<RunCommandOptions, 'terminal' | 'packages'>) =>
      runCommand(experiment, { ...options, terminal, packages }),
    );

  program
    .command('check')
    .description('Check an experiment and look at its panel, without a fit: the role of every column, and what is odd.')
    .argument('<experiment>', 'YAML or JSON file, see docs/cli.md and `ml4t schema`')
    .option('--strict', 'make warnings an error')
    .option('--json', 'print what is found as JSON')
    .option('--debug', 'show the stack of an unexpected error')
    .action((experiment: string, options: { json?: boolean; strict?: boolean }) =>
      checkCommand(experiment, { ...options, terminal, packages }),
    );

  program
    .command('report')
    .description('Draw the report of a finished run again: one HTML file that needs nothing else.')
    .argument('<results>', 'output directory of a run')
    .option('--json', 'print the files written as JSON')
    .option('--debug', 'show the stack of an unexpected error')
    .action((results: string, options: { json?: boolean }) => reportCommand(results, { ...options, terminal }));

  program
    .command('inspect')
    .description('Show what a saved model, a panel file or a folder of results holds.')
    .argument('<path>', 'an artifact, a Parquet, CSV or Arrow file, or the output directory of a run')
    .option('--timestamp <column>', "column of a panel's dates, where its name does not say so")
    .option('--asset <column>', "column of a panel's asset identifiers")
    .option('--json', 'print what is found as JSON')
    .option('--debug', 'show the stack of an unexpected error')
    .action((path: string, options: Omit<InspectCommandOptions, 'terminal'>) =>
      inspectCommand(path, { ...options, terminal }),
    );

  program
    .command('init')
    .description('Write a commented experiment file.')
    .argument('<model>', 'a model type such as ipca, or a family such as latent-factors for all of its models')
    .option('-o, --output <file>', 'where to write', 'experiment.yaml')
    .option('--force', 'replace a file that is there')
    .option('--json', 'print the file written as JSON')
    .option('--debug', 'show the stack of an unexpected error')
    .action((model: string, options: Omit<InitCommandOptions, 'terminal' | 'packages'>) =>
      initCommand(model, { ...options, terminal, packages }),
    );

  program
    .command('simulate')
    .description('Write a simulated panel with known truth (conditional autoencoder Monte Carlo of Gu, Kelly and Xiu).')
    .addOption(
      new Option('--design <design>', 'how exposures depend on characteristics')
        .choices(['linear', 'nonlinear'])
        .default('linear'),
    )
    .option('--seed <n>', 'seed of the draws', wholeNumber('--seed', 0), 42)
    .option('--assets <n>', 'number of assets', wholeNumber('--assets', 2), 200)
    .option('--dates <n>', 'number of dates', wholeNumber('--dates', 2), 180)
    .option('--characteristics <n>', 'number of characteristics', wholeNumber('--characteristics', 3), 50)
    .option('--missing <share>', 'share of rows left out, at random', share('--missing'), 0)
    .requiredOption('-o, --output <directory>', 'where to write')
    .option('--json', 'print the files written as JSON')
    .option('--debug', 'show the stack of an unexpected error')
    .action((options) => simulateCommand({ ...options, terminal }));

  program
    .command('schema')
    .description('Print the JSON Schema of an experiment file, or of the configuration of a model or forecaster.')
    .argument('[type]', 'a model or forecaster type, for example ipca or ewma')
    .option('--debug', 'show the stack of an unexpected error')
    .action(async (model: string | undefined) => {
      terminal.stdout.write(`${JSON.stringify(await schemaOf(model, packages), null, 2)}\n`);
    });

  program
    .command('doctor')
    .description('Show what networks run on here and why, which engines work, and which model families are installed.')
    .option('--json', 'print the findings as JSON')
    .option('--debug', 'show the stack of an unexpected error')
    .action((options: { json?: boolean }) => doctorCommand({ ...options, terminal, packages }));

  return program;
}

/** The command that was typed, else the program. */
function commandOf(program: Command, [name]: readonly string[]): Command {
  return program.commands.find((command) => command.name() === name) ?? program;
}

/** Whatever an abort surfaces as, the person pressed Ctrl-C. */
function asAbort(error: unknown, signal: AbortSignal | undefined): unknown {
  const isAbort = error instanceof Error && (error.name === 'AbortError' || error instanceof AbortedError);
  return isAbort && signal?.aborted && !(error instanceof AbortedError) ? new AbortedError('ml4t', error) : error;
}

function reportError(error: unknown, terminal: Terminal, options: { debug: boolean; json: boolean }): void {
  const known = error instanceof Ml4tError;
  const message = onOneLine(error instanceof Error ? error.message : String(error)).trim();
  const line = lineOf(error, message);
  terminal.stderr.write(`ml4t: ${line}\n`);
  if (options.json)
    terminal.stdout.write(`${JSON.stringify({ error: known ? error.toJSON() : { code: 'bug', message } })}\n`);
  if (options.debug && error instanceof Error) terminal.stderr.write(`${error.stack ?? ''}\n`);
}

function lineOf(error: unknown, message: string): string {
  // What an abort leaves, and how to go on, the command itself has said.
  if (error instanceof AbortedError) return 'stopped';
  if (error instanceof Ml4tError) return message;
  return `unexpected error: ${message}. This is a bug; run again with --debug and report it.`;
}
