import { grown } from './growth.ts';
import { isNull, isTextChunk, type NumberChunk, type TextChunk } from './frame.ts';
import { KeyDictionary } from './key-dictionary.ts';
import type { RowErrors } from './row-errors.ts';

/** The date of the panel that a timestamp means; undefined where its row is left out. */
export interface DateRule {
  /** `where` names the row of the text. */
  readonly ofText: (text: string, where: () => string) => number | undefined;
  /** Of milliseconds since 1970 UTC. */
  readonly ofMilliseconds: (value: number) => number | undefined;
}

/** The distinct dates of a source's rows, coded in order of first appearance. */
export class DateCodes {
  readonly dates: number[] = [];
  readonly #rule: DateRule;
  readonly #errors: RowErrors;
  readonly #codes = new Map<number, number>();
  readonly #texts = new KeyDictionary();
  /** Text code to date code; -1 outside the filter. */
  #dateOfText = new Int32Array(1024);

  constructor(rule: DateRule, errors: RowErrors) {
    this.#rule = rule;
    this.#errors = errors;
  }

  /** The code of a date; -1 for none. */
  codeOf(date: number | undefined): number {
    if (date === undefined) return -1;
    let code = this.#codes.get(date);
    if (code === undefined) {
      code = this.dates.length;
      this.dates.push(date);
      this.#codes.set(date, code);
    }
    return code;
  }

  /** Writes the code of every row of a chunk. */
  encode(timestamps: NumberChunk | TextChunk, length: number, codes: Int32Array): void {
    if (isTextChunk(timestamps)) this.#encodeTexts(timestamps, length, codes);
    else this.#encodeMilliseconds(timestamps, length, codes);
  }

  #encodeTexts(timestamps: TextChunk, length: number, codes: Int32Array): void {
    const known = this.#texts.keys.length;
    timestamps.encode(this.#texts, codes);
    this.#parseNewTexts(known, codes.subarray(0, length));
    for (let i = 0; i < length; i++) {
      if (codes[i] < 0) throw this.#errors.noDate(i);
      codes[i] = this.#dateOfText[codes[i]];
    }
  }

  #parseNewTexts(known: number, textCodes: Int32Array): void {
    const { keys } = this.#texts;
    if (keys.length === known) return;
    while (keys.length > this.#dateOfText.length)
      this.#dateOfText = grown(this.#dateOfText, this.#dateOfText.length * 2);
    for (let code = known; code < keys.length; code++) {
      const where = (): string => this.#errors.where(textCodes.indexOf(code));
      this.#dateOfText[code] = this.codeOf(this.#rule.ofText(keys[code], where));
    }
  }

  #encodeMilliseconds({ values, validity, validityOffset }: NumberChunk, length: number, codes: Int32Array): void {
    let last = Number.NaN;
    let lastCode = -1;
    for (let i = 0; i < length; i++) {
      const value = values[i];
      if (value !== last) {
        if (Number.isNaN(value) || isNull(validity, validityOffset + i)) throw this.#errors.noDate(i);
        if (!Number.isInteger(value)) throw this.#errors.fractionOfMillisecond(i, value);
        lastCode = this.codeOf(this.#rule.ofMilliseconds(value));
        last = value;
      } else if (isNull(validity, validityOffset + i)) throw this.#errors.noDate(i);
      codes[i] = lastCode;
    }
  }
}
