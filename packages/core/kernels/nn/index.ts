// WebAssembly kernels of the embedded engine. Each has the signature of its TypeScript twin in
// src/engine/embedded/kernels, which says what it computes.
export {
  columnMoments,
  foldWeightGradient,
  linear,
  linearGradient,
  normActivate,
  normActivateGradient,
  pack,
} from './dense';
