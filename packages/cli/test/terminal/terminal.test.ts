import { describe, expect, it } from '@jest/globals';
import { Warnings } from '../../src/terminal/terminal.ts';

describe('Warnings', () => {
  it('prints each warning once and keeps them in order', () => {
    const printed: string[] = [];
    const warnings = new Warnings((message) => printed.push(message));
    ['a', 'b', 'a'].forEach((message) => warnings.add(message));
    expect(printed).toEqual(['a', 'b']);
    expect(warnings.messages).toEqual(['a', 'b']);
  });
});
