/** Whether this Node has relaxed SIMD without a flag; every processor that tests run on has fused multiply-add. */
export const fusedHere = Number(process.versions.node.split('.')[0]) >= 22;

/** What the embedded engine says of itself here on one thread. */
export const backendHere = `embedded (WebAssembly SIMD${fusedHere ? ' with fused multiply-add' : ''}, 1 thread, float32)`;
