import { ConfigError } from '@ml4t/core';
import type { Command, CommanderError } from 'commander';

/** What commander says of a command line, in the form of an error of the library. */
export function usageError(error: CommanderError, command: Command): ConfigError {
  const { parent } = command;
  const name = parent ? `${parent.name()} ${command.name()}` : command.name();
  // Commander quotes what it is about, and has its suggestion on a line of its own.
  const [message, suggestion] = error.message.replace(/^error: /, '').split('\n');
  const quoted = /'([^']+)'/.exec(message)?.[1] ?? message;
  const [expected, found] = expectation(error.code, quoted, command) ?? [
    `a command line as \`${name} --help\` has it`,
    message.replace(/\.$/, ''),
  ];
  return new ConfigError({
    field: parent ? command.name() : 'command line',
    expected,
    found,
    remedy: suggestion?.replaceAll(/[()]/g, '') ?? `See \`${name} --help\`.`,
    cause: error,
  });
}

function expectation(code: string, quoted: string, command: Command): [expected: string, found: string] | undefined {
  switch (code) {
    case 'commander.missingArgument':
      return [`the argument <${quoted}>`, 'none'];
    case 'commander.missingMandatoryOptionValue':
      return [`the option ${quoted}`, 'none'];
    case 'commander.unknownCommand':
      return [`one of ${command.commands.map((each) => each.name()).join(', ')}`, JSON.stringify(quoted)];
    case 'commander.unknownOption':
      return [`one of ${command.options.map(({ long }) => long).join(', ')}`, JSON.stringify(quoted)];
    default:
      return undefined;
  }
}

/** Reads an option that is a whole number. */
export function wholeNumber(field: string, least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= least) return value;
    throw wrongValue(field, `a whole number of at least ${least}`, text);
  };
}

/** Reads an option that is a share. */
export function share(field: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= 0 && value < 1) return value;
    throw wrongValue(field, 'a number from 0 to below 1', text);
  };
}

function wrongValue(field: string, expected: string, found: string): ConfigError {
  return new ConfigError({ field, expected, found: JSON.stringify(found), remedy: 'Correct the option.' });
}
