import { availableArithmetic, fusedRemedy, type Arithmetic } from './arithmetic.ts';
import { EmbeddedEngine } from './embedded/engine.ts';
import { wasmMachine } from './embedded/wasm-machine.ts';
import type { EngineRegistration } from './registration.ts';
import { packagesOf, type TfjsEngineName } from './tfjs/packages.ts';

/** The engines of this package, in the order in which `auto` tries those that it takes. */
export const ownEngines: readonly EngineRegistration[] = [
  tfjs('tfjs-node-gpu', 'with install scripts allowed (it downloads TensorFlow), CUDA, and Node up to 22', 'gpu'),
  tfjs('tfjs-webgpu', 'on a machine with a GPU and its Vulkan, Metal or D3D12 driver', 'gpu'),
  { ...embedded('embedded', availableArithmetic), auto: 'fallback' },
  { ...embedded('embedded-fused', () => 'fused'), remedy: fusedRemedy },
  embedded('embedded-portable', () => 'portable'),
  // These two are for hosts that forbid WebAssembly.
  tfjs('tfjs-node', 'with install scripts allowed (it downloads TensorFlow), and Node up to 22', 'fallback'),
  tfjs('tfjs-cpu', 'for tests; the embedded engine is far faster', 'fallback'),
];

function embedded(name: string, arithmetic: () => Arithmetic): EngineRegistration {
  return {
    name,
    remedy: 'Use Node 20.19 or later; in a checkout, run the build of @ml4t/core first.',
    open: ({ threads }) => new EmbeddedEngine(wasmMachine(threads, arithmetic())),
    arithmetic: () => `embedded-${arithmetic()}`,
  };
}

function tfjs(name: TfjsEngineName, conditions: string, auto: 'gpu' | 'fallback'): EngineRegistration {
  const packages = packagesOf[name];
  return {
    name,
    packages,
    auto,
    remedy: `npm install ${packages.join(' ')}, ${conditions}; or leave the engine to 'auto'.`,
    async open({ import: load, gpuOnly }) {
      // Only now, so that the start of the embedded engine does not pay for it.
      const [{ loadBackend }, { TfjsEngine }] = await Promise.all([
        import('./tfjs/load.ts'),
        import('./tfjs/engine.ts'),
      ]);
      const backend = await loadBackend(name, load);
      if (gpuOnly && !backend.gpu) {
        backend.close?.();
        throw new Error(`it works, but not on a GPU: ${backend.device}`);
      }
      return new TfjsEngine(name, backend);
    },
  };
}
