// Float64, row-major dense linear algebra: functions on matrices for everyone, kernels over a heap for hot loops.
export { linalgBackend } from './backend.ts';
export type { LinalgBackend } from './backend.ts';
export { choleskyFactor, choleskySolve, solvePositiveDefinite } from './cholesky.ts';
export { symmetricEigen } from './eigen.ts';
export type { EigenOptions, SymmetricEigen } from './eigen.ts';
export { leastSquares } from './least-squares.ts';
export type { LeastSquares, LeastSquaresOptions } from './least-squares.ts';
export { matrix } from './matrix.ts';
export type { Matrix } from './matrix.ts';
export { gram, multiply, transpose } from './products.ts';
export type { MultiplyOptions } from './products.ts';
export { thinSvd } from './svd.ts';
export type { ThinSvd } from './svd.ts';
