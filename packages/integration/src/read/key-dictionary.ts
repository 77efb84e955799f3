/**
 * Distinct texts of a column in order of first appearance, found by four 32-bit words instead of by string, so that a
 * million rows with a thousand ids make a thousand strings.
 *
 * A text of up to 12 bytes is its own key: length and bytes, padded with zeros (DuckDB's short-string layout). Longer
 * texts are keyed by length, first 4 bytes and a 64-bit hash; with 10^5 ids that agree in length and prefix, the chance
 * that any two collide is below 10^-9.
 */
export class KeyDictionary {
  readonly keys: string[] = [];
  readonly #codes = new Map<string, number>();
  /** Open addressing, five words a slot: the key, then code + 1 (0: free). */
  #slots = new Int32Array(5 * 1024);
  #used = 0;

  /** The code of a key, or -1 when it was not added yet. */
  find(w0: number, w1: number, w2: number, w3: number): number {
    const slots = this.#slots;
    const capacity = slots.length / 5;
    for (let slot = hash(w0, w1, w2, w3) & (capacity - 1); ; slot = (slot + 1) & (capacity - 1)) {
      const at = slot * 5;
      const code = slots[at + 4];
      if (code === 0) return -1;
      if (slots[at] === w0 && slots[at + 1] === w1 && slots[at + 2] === w2 && slots[at + 3] === w3) return code - 1;
    }
  }

  /** Adds a key that `find` did not know, with its text. */
  add(w0: number, w1: number, w2: number, w3: number, text: string): number {
    const code = this.codeOf(text);
    if (this.#used * 10 >= this.#slots.length) this.#grow();
    insert(this.#slots, w0, w1, w2, w3, code + 1);
    this.#used++;
    return code;
  }

  /** The code of a text, added when it is new. */
  codeOf(text: string): number {
    let code = this.#codes.get(text);
    if (code === undefined) {
      code = this.keys.length;
      this.keys.push(text);
      this.#codes.set(text, code);
    }
    return code;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    for (let at = 0; at < old.length; at += 5)
      if (old[at + 4] !== 0) insert(this.#slots, old[at], old[at + 1], old[at + 2], old[at + 3], old[at + 4]);
  }
}

function insert(slots: Int32Array, w0: number, w1: number, w2: number, w3: number, value: number): void {
  const capacity = slots.length / 5;
  let slot = hash(w0, w1, w2, w3) & (capacity - 1);
  while (slots[slot * 5 + 4] !== 0) slot = (slot + 1) & (capacity - 1);
  slots[slot * 5] = w0;
  slots[slot * 5 + 1] = w1;
  slots[slot * 5 + 2] = w2;
  slots[slot * 5 + 3] = w3;
  slots[slot * 5 + 4] = value;
}

function hash(w0: number, w1: number, w2: number, w3: number): number {
  let h = Math.imul(w0 ^ Math.imul(w1, 0x9e3779b1), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15) ^ w2, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 13) ^ w3, 0x27d4eb2f);
  return h ^ (h >>> 16);
}
