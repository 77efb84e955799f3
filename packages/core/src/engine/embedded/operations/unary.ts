import { unaryCodes } from '../twin/elementwise.ts';
import type { HeapTensor, Tape } from '../tape.ts';

/** y = f(x) element by element; dx = dy f'(x), and nothing where dy is zero, so a masked NaN stays where it is. */
export function unary(tape: Tape, kind: keyof typeof unaryCodes, x: HeapTensor, a = 0, b = 0): HeapTensor {
  const code = unaryCodes[kind];
  const y = tape.result(x.shape, x);
  tape.rows('unary', x.size, 4, code, x.at, y.at, a, b);
  tape.record([y], [], () => {
    tape.rows('unaryGradient', x.size, 6, code, x.at, tape.arrived(y), tape.gradient(x), a, b);
  });
  return y;
}
