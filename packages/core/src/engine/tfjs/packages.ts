export type TfjsEngineName = 'tfjs-node-gpu' | 'tfjs-node' | 'tfjs-webgpu' | 'tfjs-cpu';

/** Imports a package by name: the platform's import, or a stand-in in tests. */
export type Import = (name: string) => Promise<unknown>;

/** The packages of each engine: optional peers that a team installs beside this one. */
export const packagesOf: Readonly<Record<TfjsEngineName, readonly string[]>> = {
  'tfjs-node-gpu': ['@tensorflow/tfjs-node-gpu'],
  'tfjs-node': ['@tensorflow/tfjs-node'],
  'tfjs-webgpu': ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-webgpu', 'webgpu'],
  'tfjs-cpu': ['@tensorflow/tfjs'],
};
