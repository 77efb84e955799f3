import type { TextSink, Terminal } from './terminal.ts';

/** Removes the line that a terminal shows, so that another can take its place: the only control sequence that is ever printed. */
export const clearLine = '\r\u001b[2K';

/**
 * Text without anything that moves a cursor, changes colours or titles, or turns text round: names come from files of others. What is
 * replaced is shown as `\\u001b`, which is also how JSON writes it. Line breaks and tabs stay.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, (character) =>
    character === '\n' || character === '\t'
      ? character
      : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Text on one line: for names in tables and messages. */
export function onOneLine(text: string): string {
  return printable(text.replace(/\s*[\r\n]+\s*/g, ' '));
}

/** The terminal, with everything that is printed made printable. */
export function printableTerminal(terminal: Terminal): Terminal {
  return { ...terminal, stdout: printableSink(terminal.stdout), stderr: printableSink(terminal.stderr) };
}

function printableSink(sink: TextSink): TextSink {
  return {
    write: (text) =>
      // The progress line comes with what clears the one before.
      sink.write(text.startsWith(clearLine) ? clearLine + printable(text.slice(clearLine.length)) : printable(text)),
    get isTTY() {
      return sink.isTTY;
    },
    get columns() {
      return sink.columns;
    },
  };
}
