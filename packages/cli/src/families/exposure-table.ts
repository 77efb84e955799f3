/** Exposures as a small table (rows x columns, row-major). */
export interface ExposureTable {
  /** `correlation`: of each characteristic with each exposure over the test rows. `loading`: of assets, the largest first. */
  readonly measure: 'correlation' | 'loading';
  readonly rowNames: readonly string[];
  readonly columnNames: readonly string[];
  readonly values: Float64Array;
}
