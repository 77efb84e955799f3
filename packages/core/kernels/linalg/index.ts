// Float64 linear algebra over one shared heap. The contracts are those of KernelProgram in src/linalg/program.ts;
// nothing here keeps state, allocates, or touches memory that the caller did not name.
export { axpy, dot, gemv } from './vectors';
export { gemm, gemmWorkspace } from './gemm';
export { augmentedGram, augmentedGramWorkspace, syrk, syrkWorkspace } from './gram';
export { potrf, potrfWorkspace, potrs, potrsWorkspace, solveBatch } from './cholesky';
export { eigenWorkspace, symmetricEigen } from './eigen';
export { applyReflectors, orthogonaliseRows, pivotedQr } from './orthogonal';
