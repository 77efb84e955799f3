/** The memory below the heap: shared, and growing in place, so that views taken earlier stay valid. */
export interface GrowableMemory {
  readonly buffer: ArrayBufferLike;
  /** Grows by this many pages of 64 KiB; throws a RangeError when it cannot. */
  grow(pages: number): number;
}

/** The little of the WebAssembly interface that is used here; the language library for Node does not declare it. */
export interface WebAssemblyApi {
  readonly Memory: new (descriptor: { initial: number; maximum: number; shared: boolean }) => GrowableMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
  validate(bytes: Uint8Array): boolean;
}

/** WebAssembly, or undefined where the runtime was started without it (`node --jitless`). */
export function webAssembly(): WebAssemblyApi | undefined {
  return (globalThis as { WebAssembly?: WebAssemblyApi }).WebAssembly;
}
