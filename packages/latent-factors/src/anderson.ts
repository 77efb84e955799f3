import { leastSquares, matrix } from '@ml4t/core/linalg';

/**
 * Anderson acceleration of a fixed-point iteration x <- g(x): from the last m residuals `g(x) - x`, the next iterate is
 * the combination of images whose combined residual is smallest,
 *
 * `x_next = g_k - (G_k) gamma`, `gamma = argmin | r_k - (R_k) gamma |`, G_k and R_k the differences of images and residuals.
 *
 * Source: Walker and Ni (2011), "Anderson acceleration for fixed-point iterations", SIAM J. Numer. Anal. 49(4).
 */
export class AndersonAcceleration {
  readonly #depth: number;
  #images: Float64Array[] = [];
  #residuals: Float64Array[] = [];

  /** @param depth m, how many earlier iterates take part. */
  constructor(depth = 6) {
    this.#depth = depth;
  }

  /** Forgets the history: after a rejected step, or a jump. */
  restart(): void {
    this.#images = [];
    this.#residuals = [];
  }

  /** The next iterate, from an iterate's image under g and its residual g(x) - x. */
  next(image: Float64Array, residual: Float64Array): Float64Array {
    this.#images.push(image);
    this.#residuals.push(residual);
    if (this.#images.length > this.#depth + 1) {
      this.#images.shift();
      this.#residuals.shift();
    }
    const m = this.#images.length - 1;
    if (m === 0) return image;
    const n = image.length;
    const difference = (history: readonly Float64Array[], j: number, i: number): number =>
      history[j + 1][i] - history[j][i];
    const steps = matrix(n, m);
    for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) steps.data[i * m + j] = difference(this.#residuals, j, i);
    // Directions that rounding has made dependent are left out by the rank tolerance rather than blown up.
    const weights = leastSquares(steps, matrix(n, 1, residual), { rcond: 1e-10 }).solution.data;
    return image.map((value, i) => {
      let next = value;
      for (let j = 0; j < m; j++) next -= weights[j] * difference(this.#images, j, i);
      return next;
    });
  }
}
