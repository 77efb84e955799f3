import { Utf8, makeData, makeVector, type Vector } from 'apache-arrow';

/**
 * `utf8` of these texts, written as the format has it: the bytes one after the other, and where each text begins. (Arrow's builders
 * make code at run time, which platforms forbid that run under `--disallow-code-generation-from-strings`.)
 */
export function textVector(texts: readonly string[]): Vector<Utf8> {
  const valueOffsets = new Int32Array(texts.length + 1);
  texts.forEach((text, i) => {
    valueOffsets[i + 1] = valueOffsets[i] + Buffer.byteLength(text);
  });
  const data = Buffer.alloc(valueOffsets[texts.length]);
  texts.forEach((text, i) => {
    data.write(text, valueOffsets[i]);
  });
  return makeVector(makeData({ type: new Utf8(), length: texts.length, valueOffsets, data }));
}
