import { describe, expect, it } from '@jest/globals';
import { KeyDictionary } from '../../src/read/key-dictionary.ts';

describe('KeyDictionary', () => {
  it('gives codes in order of first appearance and finds them again, also after growing', () => {
    const dictionary = new KeyDictionary();
    // Keys that differ in one word only, so that every word must count.
    const key = (i: number): readonly [number, number, number, number] => {
      const words: [number, number, number, number] = [7, 7, 7, 7];
      words[i % 4] = i + 100;
      return words;
    };
    const all = Array.from({ length: 20_000 }, (_, i) => i);
    expect(
      all.filter((i) => dictionary.find(...key(i)) !== -1 || dictionary.add(...key(i), `text ${i}`) !== i),
    ).toEqual([]);
    expect(all.filter((i) => dictionary.find(...key(i)) !== i)).toEqual([]);
    expect(dictionary.keys[19_999]).toBe('text 19999');
  });

  it('shares a code between keys of the same text', () => {
    const dictionary = new KeyDictionary();
    expect(dictionary.codeOf('a')).toBe(0);
    expect(dictionary.add(1, 97, 0, 0, 'a')).toBe(0);
    expect(dictionary.codeOf('b')).toBe(1);
  });
});
