// One operation of @ml4t/core/linalg on the data that bench/peers/linalg.py uses too; quality is a sum over its result.
// Usage: node bench/linalg/operation.mjs <operation> [repeats]; ML4T_LINALG=typescript for the plain kernels
import { choleskyFactor, gram, leastSquares, matrix, multiply, symmetricEigen, thinSvd } from '@ml4t/core/linalg';
import { gramEigen } from '@ml4t/core/linalg/kernels';
import { report, timed } from '../report.mjs';
import { uniform } from '../uniform.mjs';

const [operation, repeats = 11] = process.argv.slice(2);
const random = (rows, columns, seed) => matrix(rows, columns, uniform(rows * columns, seed));
const positive = (n) => gram(random(n + 100, n, 1));
const absoluteSum = ({ data }) => data.reduce((sum, value) => sum + Math.abs(value), 0);

const operations = {
  product: () => {
    const [a, b] = [random(1000, 1000, 1), random(1000, 1000, 2)];
    return () => multiply(a, b);
  },
  gram: () => {
    const a = random(3000, 94, 1);
    return () => gram(a);
  },
  eigen: () => {
    const a = positive(500);
    return () => symmetricEigen(a).vectors;
  },
  'leading-eigenvectors': () => {
    const a = random(600, 500, 1);
    return () => gramEigen(a, 6).vectors;
  },
  cholesky: () => {
    const a = positive(564);
    return () => choleskyFactor(a);
  },
  svd: () => {
    const a = random(3000, 94, 1);
    return () => thinSvd(a).u;
  },
  'least-squares': () => {
    const [a, b] = [random(3000, 94, 1), random(3000, 1, 2)];
    return () => leastSquares(a, b).solution;
  },
};
const work = operations[operation]();
let result;
const seconds = await timed(() => (result = work()), { repeats: Number(repeats), warmup: 3 });
report({ seconds, threads: 1, quality: { absoluteSum: absoluteSum(result) } });
