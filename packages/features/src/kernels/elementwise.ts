/** What an operator or function does to the entries at one place. NaN stands for missing; what is not finite is missing too. */
type Unary = (a: number) => number;
type Binary = (a: number, b: number) => number;

const { abs, exp, log, sign, sqrt } = Math;
const { isNaN } = Number;
const MISSING = Number.NaN;

/** A comparison of what is missing is missing. */
const known = (a: number, b: number, truth: boolean): number => (isNaN(a) || isNaN(b) ? MISSING : truth ? 1 : 0);

const unary: Readonly<Record<string, Unary>> = {
  negative: (a) => -a,
  not: (a) => (isNaN(a) ? MISSING : a === 0 ? 1 : 0),
  abs,
  exp,
  log: (a) => (a > 0 ? log(a) : MISSING),
  sqrt: (a) => (a >= 0 ? sqrt(a) : MISSING),
  sign,
  missing: (a) => (isNaN(a) ? 1 : 0),
};

const binary: Readonly<Record<string, Binary>> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => (b === 0 ? MISSING : a / b),
  power,
  less: (a, b) => known(a, b, a < b),
  lessEqual: (a, b) => known(a, b, a <= b),
  greater: (a, b) => known(a, b, a > b),
  greaterEqual: (a, b) => known(a, b, a >= b),
  equal: (a, b) => known(a, b, a === b),
  unequal: (a, b) => known(a, b, a !== b),
  and: (a, b) => known(a, b, a !== 0 && b !== 0),
  or: (a, b) => known(a, b, a !== 0 || b !== 0),
  least: (a, b) => (isNaN(a) || isNaN(b) ? MISSING : a < b ? a : b),
  greatest: (a, b) => (isNaN(a) || isNaN(b) ? MISSING : a > b ? a : b),
  coalesce: (a, b) => (isNaN(a) ? b : a),
};

/** One pass over columns or numbers of the same place. */
export function elementwise(
  name: string,
  operands: readonly (Float64Array | number)[],
  nRows: number,
  out: Float64Array,
): Float64Array {
  if (name === 'if') return choose(operands, nRows, out);
  const [a, b] = operands;
  if (operands.length === 1) {
    const column = a as Float64Array;
    if (name === 'abs') for (let p = 0; p < nRows; p++) out[p] = abs(column[p]);
    else if (name === 'log') for (let p = 0; p < nRows; p++) out[p] = column[p] > 0 ? log(column[p]) : MISSING;
    else if (name === 'negative') for (let p = 0; p < nRows; p++) out[p] = -column[p];
    else {
      const f = unary[name];
      for (let p = 0; p < nRows; p++) out[p] = f(column[p]);
    }
    return out;
  }
  if (typeof a !== 'number' && typeof b !== 'number') return ofColumns(name, a, b, nRows, out);
  if (typeof a !== 'number') return ofColumnAndNumber(name, a, b as number, nRows, out);
  const [f, column] = [binary[name], b as Float64Array];
  for (let p = 0; p < nRows; p++) out[p] = f(a, column[p]);
  return out;
}

/** The frequent operators have loops of their own: a call for each entry costs more than the operation. */
function ofColumns(name: string, a: Float64Array, b: Float64Array, nRows: number, out: Float64Array): Float64Array {
  if (name === 'add') for (let p = 0; p < nRows; p++) out[p] = a[p] + b[p];
  else if (name === 'subtract') for (let p = 0; p < nRows; p++) out[p] = a[p] - b[p];
  else if (name === 'multiply') for (let p = 0; p < nRows; p++) out[p] = a[p] * b[p];
  else if (name === 'divide') for (let p = 0; p < nRows; p++) out[p] = b[p] === 0 ? MISSING : a[p] / b[p];
  else if (name === 'greater') for (let p = 0; p < nRows; p++) out[p] = a[p] > b[p] ? 1 : a[p] <= b[p] ? 0 : MISSING;
  else if (name === 'less') for (let p = 0; p < nRows; p++) out[p] = a[p] < b[p] ? 1 : a[p] >= b[p] ? 0 : MISSING;
  else if (name === 'greatest')
    for (let p = 0; p < nRows; p++) out[p] = a[p] > b[p] ? a[p] : a[p] <= b[p] ? b[p] : MISSING;
  else if (name === 'least')
    for (let p = 0; p < nRows; p++) out[p] = a[p] < b[p] ? a[p] : a[p] >= b[p] ? b[p] : MISSING;
  else {
    const f = binary[name];
    for (let p = 0; p < nRows; p++) out[p] = f(a[p], b[p]);
  }
  return out;
}

function ofColumnAndNumber(name: string, a: Float64Array, b: number, nRows: number, out: Float64Array): Float64Array {
  if (name === 'add') for (let p = 0; p < nRows; p++) out[p] = a[p] + b;
  else if (name === 'subtract') for (let p = 0; p < nRows; p++) out[p] = a[p] - b;
  else if (name === 'multiply') for (let p = 0; p < nRows; p++) out[p] = a[p] * b;
  else if (name === 'divide' && b !== 0) for (let p = 0; p < nRows; p++) out[p] = a[p] / b;
  else if (name === 'power' && b === 2) for (let p = 0; p < nRows; p++) out[p] = a[p] * a[p];
  else if (name === 'greatest') for (let p = 0; p < nRows; p++) out[p] = a[p] > b ? a[p] : a[p] <= b ? b : MISSING;
  else if (name === 'least') for (let p = 0; p < nRows; p++) out[p] = a[p] < b ? a[p] : a[p] >= b ? b : MISSING;
  else {
    const f = binary[name];
    for (let p = 0; p < nRows; p++) out[p] = f(a[p], b);
  }
  return out;
}

/** Two numbers, before any column is touched. */
export function elementwiseNumber(name: string, operands: readonly number[]): number {
  if (name === 'if') return isNaN(operands[0]) ? MISSING : operands[0] === 0 ? operands[2] : operands[1];
  return finite(operands.length === 1 ? unary[name](operands[0]) : binary[name](operands[0], operands[1]));
}

function choose(operands: readonly (Float64Array | number)[], nRows: number, out: Float64Array): Float64Array {
  const at = (operand: Float64Array | number, p: number): number =>
    typeof operand === 'number' ? operand : operand[p];
  const [condition, yes, no] = operands;
  for (let p = 0; p < nRows; p++) {
    const holds = at(condition, p);
    out[p] = isNaN(holds) ? MISSING : at(holds === 0 ? no : yes, p);
  }
  return out;
}

function finite(value: number): number {
  return value - value === 0 ? value : MISSING;
}

/**
 * Whole powers by multiplication, others by exp(b log a): the last bit of a general power depends on the version of V8.
 * Missing for a fractional power of a negative number, and for 0 to a negative power.
 */
function power(a: number, b: number): number {
  if (isNaN(a) || isNaN(b)) return MISSING;
  if (b === 0.5) return a >= 0 ? sqrt(a) : MISSING;
  if (Number.isInteger(b) && abs(b) <= 1024) {
    let [result, base, n] = [1, a, abs(b)];
    for (; n > 0; n = Math.floor(n / 2)) {
      if (n % 2 === 1) result *= base;
      base *= base;
    }
    return b < 0 ? (result === 0 ? MISSING : 1 / result) : result;
  }
  if (a === 0) return b > 0 ? 0 : MISSING;
  return a > 0 ? exp(b * log(a)) : MISSING;
}
