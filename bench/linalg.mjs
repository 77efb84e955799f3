// Medians in milliseconds of the linear algebra kernels. Build @ml4t/core first.
// `node bench/linalg.mjs typescript` measures the plain kernels instead.
import { createLinalgKernels, leastSquares, linalgBackend, matrix, thinSvd, transposed } from '@ml4t/core/linalg';

const [backend] = process.argv.slice(2);
if (backend) process.env.ML4T_LINALG = backend;
const kernels = createLinalgKernels();
const quick = kernels.backend === 'typescript';
let state = 1;
const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 31 - 1;

function measure(name, repeats, run, prepare = () => {}) {
  const times = [];
  for (let i = 0; i < (quick ? 3 : repeats + 2); i++) {
    prepare();
    const start = performance.now();
    run();
    times.push(performance.now() - start);
  }
  // The first runs are those before the code is optimised.
  const kept = times.slice(quick ? 1 : 2).sort((a, b) => a - b);
  console.log(`${name.padEnd(46)} ${kept[kept.length >> 1].toFixed(2).padStart(9)}  (least ${kept[0].toFixed(2)})`);
}

const region = kernels.region();
const random = (rows, columns) => {
  const made = region.matrix(rows, columns);
  kernels.view(made).forEach((_, i, all) => (all[i] = next()));
  return made;
};
const positive = (n) => {
  const made = region.matrix(n, n);
  const root = random(n, n + 100);
  kernels.gemm(root, transposed(root), made);
  return made;
};

console.log(`kernels: ${kernels.backend}, functions: ${linalgBackend()}; Node ${process.version}; median ms`);
{
  const [a, b, c] = [random(1000, 1000), random(1000, 1000), region.matrix(1000, 1000)];
  measure('gemm 1000 x 1000 x 1000', 9, () => kernels.gemm(a, b, c));
  measure("gemm 1000 x 1000 x 1000, A'B'", 9, () => kernels.gemm(transposed(a), transposed(b), c));
}
{
  const z = random(3000, 94);
  const gram = region.matrix(96, 96);
  const small = region.matrix(94, 94);
  const part = { ...z, rows: 2700 };
  const returns = random(2700, 1).offset;
  const wide = random(2700, 96);
  measure("syrk Z'Z, 3000 x 94", 41, () => kernels.syrk(z, small));
  measure("syrk Z'Z, 2700 x 96", 41, () => kernels.syrk(wide, gram));
  measure('augmentedGram 2700 x (1 + 94 + 1), in the heap', 41, () =>
    kernels.augmentedGram({ characteristics: part, returns, constant: true }, gram),
  );
  const block = {
    rows: 2700,
    columns: 94,
    characteristics: Float64Array.from(kernels.view(part)),
    returns: Float64Array.from(kernels.float64(returns, 2700)),
    constant: true,
  };
  measure('augmentedGramOf 2700 x (1 + 94 + 1), copied in', 41, () => kernels.augmentedGramOf(block, gram));
}
{
  const n = 500;
  const made = positive(n);
  const a = region.matrix(n, n);
  const values = region.float64(n);
  const restore = () => kernels.view(a).set(kernels.view(made));
  measure('symmetricEigen 500, all', 9, () => kernels.symmetricEigen(a, values, region.matrix(n, n)), restore);
  measure('symmetricEigen 500, values only', 15, () => kernels.symmetricEigen(a, values), restore);
  measure('symmetricEigen 500, leading 6', 15, () => kernels.symmetricEigen(a, values, region.matrix(n, 6)), restore);
}
{
  const n = 564;
  const made = positive(n);
  const a = region.matrix(n, n);
  measure(
    'potrf 564',
    31,
    () => kernels.potrf(a),
    () => kernels.view(a).set(kernels.view(made)),
  );
  for (const columns of [1, 6, 564]) {
    const b = random(n, columns);
    measure(`potrs 564, ${columns} right-hand side${columns > 1 ? 's' : ''}`, 15, () => kernels.potrs(a, b));
  }
}
{
  const [count, size] = [600, 6];
  const made = positive(size);
  const a = region.float64(count * size * size);
  const b = region.float64(count * size);
  const flags = region.float64(count);
  const prepare = () => {
    for (let t = 0; t < count; t++) kernels.float64(a + t * size * size, size * size).set(kernels.view(made));
    kernels.float64(b, count * size).fill(1);
  };
  measure(
    'solveBatch, 600 systems of 6',
    31,
    () => kernels.solveBatch({ count, size, columns: 1, a, b, flags }),
    prepare,
  );
  measure(
    'the same as single potrf and potrs calls',
    31,
    () => {
      for (let t = 0; t < count; t++) {
        const system = { offset: a + t * size * size, rows: size, columns: size, rowStride: size, columnStride: 1 };
        kernels.potrf(system);
        kernels.potrs(system, { offset: b + t * size, rows: size, columns: 1, rowStride: 1, columnStride: 1 });
      }
    },
    prepare,
  );
}
for (const [rows, columns] of [
  [3000, 94],
  [600, 500],
]) {
  const a = matrix(
    rows,
    columns,
    Float64Array.from({ length: rows * columns }, () => next()),
  );
  const b = matrix(rows, 1, new Float64Array(rows).fill(1));
  measure(`thinSvd ${rows} x ${columns}`, 3, () => thinSvd(a));
  measure(`leastSquares ${rows} x ${columns}`, 3, () => leastSquares(a, b));
}
