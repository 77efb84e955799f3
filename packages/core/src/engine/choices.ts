/** What computes networks, as results name it. */
export type EngineName = 'embedded' | 'tfjs-node-gpu' | 'tfjs-node' | 'tfjs-webgpu' | 'tfjs-cpu';

/**
 * What may be asked for. `auto` takes the best for the size of the network; `embedded` the faster arithmetic that is to be had;
 * `embedded-fused` and `embedded-portable` one of the two. Portable results have the same bits on every machine; fused ones on
 * every machine with fused multiply-add and Node 22 or later (or Node 20 with `--experimental-wasm-relaxed-simd`).
 */
export const engineChoices = [
  'auto',
  'embedded',
  'embedded-fused',
  'embedded-portable',
  'tfjs-node-gpu',
  'tfjs-node',
  'tfjs-webgpu',
  'tfjs-cpu',
] as const;

export type EngineChoice = (typeof engineChoices)[number];
