import { arrangeKernels } from './arrange.ts';
import { attentionKernels } from './attention.ts';
import { denseKernels } from './dense.ts';
import { elementwiseKernels } from './elementwise.ts';
import type { HeapViews } from './kernel.ts';
import { layerNormKernels } from './layernorm.ts';
import { lstmKernels } from './lstm.ts';
import { noiseKernels } from './noise.ts';
import { optimizeKernels } from './optimize.ts';
import { reduceKernels } from './reduce.ts';
import { regressionKernels } from './regression.ts';

/**
 * Every kernel in plain TypeScript: the oracle the WebAssembly kernels are held against, the float64 tape of the gradient
 * tests, and the way an operation runs until measurement gives it a kernel.
 */
export function twinKernels(heap: HeapViews) {
  return {
    ...arrangeKernels(heap),
    ...attentionKernels(heap),
    ...denseKernels(heap),
    ...elementwiseKernels(heap),
    ...layerNormKernels(heap),
    ...lstmKernels(heap),
    ...noiseKernels(heap),
    ...optimizeKernels(heap),
    ...reduceKernels(heap),
    ...regressionKernels(heap),
  };
}

export type KernelName = keyof ReturnType<typeof twinKernels>;
