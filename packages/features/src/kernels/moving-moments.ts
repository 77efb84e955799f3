/** Of each window, in the order of the layout; NaN where the window is not full or a value is missing. */
export interface MovingMoments {
  readonly count: Int32Array;
  readonly mean: Float64Array;
  /** Sums of squares, cubes and fourth powers of differences from the mean; empty where not asked for. */
  readonly m2: Float64Array;
  readonly m3: Float64Array;
  readonly m4: Float64Array;
}
