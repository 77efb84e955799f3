// WebAssembly kernels of the embedded engine. Each has the signature of its TypeScript twin in
// src/engine/embedded/twin, which says what it computes.
export { attention, attentionGradient } from './attention';
export { foldWeightGradient, linear, linearGradient, pack } from './dense';
export {
  accumulate,
  binary,
  binaryGradient,
  copyBlocks,
  dropout,
  fill,
  gatherAdd,
  gatherRows,
  noise,
  permute,
  scatterRows,
  segmentRepeat,
  segmentSum,
  unary,
  unaryGradient,
  where,
  whereGradient,
} from './elementwise';
export { lstm, lstmGradient } from './lstm';
export { roundsOnce } from './multiply-add';
export { columnMoments, normActivate, normActivateGradient, normGradient } from './norm';
export { adam } from './optimize';
export {
  layerNorm,
  layerNormGradient,
  loss,
  lossGradient,
  rowDot,
  rowDotGradient,
  softmax,
  softmaxGradient,
  spreadAll,
  spreadAxis,
  sumAll,
  sumAxis,
  sumSquares,
} from './reduce';
