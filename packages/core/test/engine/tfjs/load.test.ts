import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { EngineError } from '../../../src/errors.ts';
import { examineEngines, resolveEngine } from '../../../src/engine/index.ts';
import type { Engine } from '../../../src/engine/index.ts';
import { describeAdapter } from '../../../src/engine/tfjs/load.ts';
import { backendHere, fusedHere } from '../backend-here.ts';

type Packages = Readonly<Record<string, unknown>>;

/** An import that knows these packages; an Error among them is thrown, as by a package whose start fails. */
function from(packages: Packages) {
  return (name: string): Promise<unknown> => {
    const found = packages[name];
    if (found instanceof Error) return Promise.reject(found);
    if (found !== undefined) return Promise.resolve(found);
    const missing = new Error(`Cannot find package '${name}' imported from /somewhere/load.js`);
    return Promise.reject(Object.assign(missing, { code: 'ERR_MODULE_NOT_FOUND' }));
  };
}

/** tfjs-node as this process sees it: the cpu backend behind the name 'tensorflow'. */
function nodePackage(backend: object, changes: object = {}) {
  return {
    ...tf,
    setBackend: () => tf.setBackend('cpu'),
    getBackend: () => 'tensorflow',
    backend: () => backend,
    ...changes,
  };
}

// The cpu backend advertises tfjs-node when it is first used under a name that is not its own.
beforeAll(() => {
  jest.spyOn(console, 'warn').mockImplementation(() => undefined);
});

const onGpu = { isGPUPackage: true, isUsingGpuDevice: true };
const opened: Engine[] = [];
afterEach(async () => {
  for (const engine of opened.splice(0)) await engine.dispose();
});

async function failure(engine: 'tfjs-node-gpu' | 'tfjs-node' | 'tfjs-webgpu' | 'tfjs-cpu', packages: Packages) {
  try {
    const { engine: found } = await resolveEngine({ engine, import: from(packages) });
    opened.push(found);
    return `${found.name} works`;
  } catch (error) {
    expect(error).toBeInstanceOf(EngineError);
    return error instanceof EngineError ? error : undefined;
  }
}

describe('tfjs-node and tfjs-node-gpu', () => {
  it('say that the package is not installed', async () => {
    expect(await failure('tfjs-node', {})).toMatchObject({
      field: "engine 'tfjs-node'",
      found: 'tfjs-node (@tensorflow/tfjs-node is not installed)',
      remedy: expect.stringContaining('npm install @tensorflow/tfjs-node, with install scripts allowed'),
    });
  });

  it('say, in one line, that the install script has not run', async () => {
    const addon =
      'The Node.js native addon module (tfjs_binding.node) can not be found at path: lib/tfjs_binding.node. \n' +
      "Please run command 'npm rebuild @tensorflow/tfjs-node --build-addon-from-source'";
    expect(await failure('tfjs-node', { '@tensorflow/tfjs-node': new Error(addon) })).toMatchObject({
      found: expect.stringMatching(
        /^tfjs-node \(The Node\.js native addon module \(tfjs_binding\.node\) can not be found[^\n]*\)$/,
      ),
    });
  });

  it('say that a Node is too new for them', async () => {
    const old = new TypeError('(0 , util_1.isNullOrUndefined) is not a function');
    const packages = {
      '@tensorflow/tfjs-node': nodePackage(
        {},
        {
          tensor: () => {
            throw old;
          },
        },
      ),
    };
    expect(await failure('tfjs-node', packages)).toMatchObject({
      found: `tfjs-node (it calls util.isNullOrUndefined, which Node 23 removed: this is Node ${process.versions.node})`,
      remedy: expect.stringContaining('Node up to 22'),
    });
  });

  it('are not taken for a GPU when TensorFlow fell back to the CPU', async () => {
    const packages = { '@tensorflow/tfjs-node-gpu': nodePackage({ isGPUPackage: true, isUsingGpuDevice: false }) };
    expect(await failure('tfjs-node-gpu', packages)).toMatchObject({ found: expect.stringContaining('sees no GPU') });
    const both = { '@tensorflow/tfjs-node-gpu': nodePackage({ isGPUPackage: false, isUsingGpuDevice: false }) };
    expect(await failure('tfjs-node-gpu', both)).toMatchObject({ found: expect.stringContaining('imported first') });
  });

  it('work where they work, also when the module hides its exports under default', async () => {
    expect(await failure('tfjs-node', { '@tensorflow/tfjs-node': { default: nodePackage({}) } })).toBe(
      'tfjs-node works',
    );
    expect(await failure('tfjs-node-gpu', { '@tensorflow/tfjs-node-gpu': nodePackage(onGpu) })).toBe(
      'tfjs-node-gpu works',
    );
  });

  it('are refused when their numbers are wrong', async () => {
    const doubled = {
      matMul: (a: tf.Tensor, b: tf.Tensor, c: boolean, d: boolean) => tf.mul(tf.matMul(a, b, c, d), 2),
    };
    const before = tf.memory().numTensors;
    expect(await failure('tfjs-node', { '@tensorflow/tfjs-node': nodePackage({}, doubled) })).toMatchObject({
      found: expect.stringContaining('wrong numbers from a test computation'),
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('are refused when the backend does not start or the package is another', async () => {
    const dead = { '@tensorflow/tfjs-node': nodePackage({}, { setBackend: () => Promise.resolve(false) }) };
    expect(await failure('tfjs-node', dead)).toMatchObject({
      found: expect.stringContaining("initialise its backend 'tensorflow'"),
    });
    expect(await failure('tfjs-node', { '@tensorflow/tfjs-node': {} })).toMatchObject({
      found: expect.stringContaining('does not export customGrad'),
    });
  });
});

describe('auto', () => {
  const gpu = { '@tensorflow/tfjs-node-gpu': nodePackage(onGpu) };

  it('takes a working GPU for large models and says so', async () => {
    const { engine, resolution } = await resolveEngine({ modelSize: 250_000, import: from(gpu) });
    opened.push(engine);
    expect(resolution).toEqual({
      engine: 'tfjs-node-gpu',
      backend: engine.description,
      arithmetic: engine.description,
      reason: 'auto: 250000 trainable numbers, at least 250000, and a GPU that works',
      tried: [{ engine: 'tfjs-node-gpu', works: true, reason: engine.description }],
    });
    expect(engine.description).toBe(`tfjs-node-gpu (tfjs ${tf.version_core}, TensorFlow on a CUDA GPU, float32)`);
  });

  it('imports nothing for small ones', async () => {
    const imported: string[] = [];
    const spy = (name: string) => {
      imported.push(name);
      return from(gpu)(name);
    };
    const { engine } = await resolveEngine({ modelSize: 249_999, threads: 1, import: spy });
    opened.push(engine);
    expect(engine.name).toBe('embedded');
    expect(imported).toEqual([]);
  });
});

describe('tfjs-webgpu', () => {
  /** A Dawn that finds an adapter or none, and a backend that computes on the cpu. */
  const packages = (adapter: object | null, events: string[] = []) => ({
    '@tensorflow/tfjs': {
      ...tf,
      setBackend: () => tf.setBackend('cpu'),
      getBackend: () => 'webgpu',
      findBackend: () => null,
      registerBackend: () => true,
      removeBackend: () => events.push('removed'),
    },
    '@tensorflow/tfjs-backend-webgpu': { WebGPUBackend: function Backend() {} },
    webgpu: { globals: {}, create: () => ({ requestAdapter: () => Promise.resolve(adapter) }) },
  });
  const adapter = (info: object, events: string[]) => ({
    info,
    features: { has: () => false },
    limits: {},
    requestDevice: () => Promise.resolve({ destroy: () => events.push('destroyed') }),
  });

  it('says which packages or that the device is missing', async () => {
    expect(await failure('tfjs-webgpu', { '@tensorflow/tfjs': tf })).toMatchObject({
      found: 'tfjs-webgpu (@tensorflow/tfjs-backend-webgpu is not installed)',
    });
    expect(await failure('tfjs-webgpu', packages(null))).toMatchObject({
      found: expect.stringContaining('no WebGPU adapter'),
    });
  });

  it('runs on a software device when asked for, not by itself, and destroys its device', async () => {
    const events: string[] = [];
    const software = packages(
      adapter({ description: 'SwiftShader driver 5.0.0', isFallbackAdapter: true }, events),
      events,
    );
    expect(await failure('tfjs-webgpu', software)).toBe('tfjs-webgpu works');
    expect(opened[0].description).toContain('WebGPU on SwiftShader driver 5.0.0 (a software device)');
    // A second engine shares the device; it goes with the last one.
    expect(await failure('tfjs-webgpu', software)).toBe('tfjs-webgpu works');
    await opened.splice(0, 1)[0].dispose();
    expect(events).toEqual([]);
    await opened.splice(0, 1)[0].dispose();
    expect(events).toEqual(['removed', 'destroyed']);

    const { engine, resolution } = await resolveEngine({ modelSize: 2e6, threads: 1, import: from(software) });
    opened.push(engine);
    expect(engine.name).toBe('embedded');
    expect(resolution.tried[1].reason).toBe(
      'it works, but not on a GPU: WebGPU on SwiftShader driver 5.0.0 (a software device)',
    );
    expect(events).toHaveLength(4);
  });

  it('is what auto takes for a large model on a real device', async () => {
    const real = packages(adapter({ vendor: 'nvidia', description: 'NVIDIA H200' }, []));
    const { engine } = await resolveEngine({ modelSize: 2e6, import: from(real) });
    opened.push(engine);
    expect(engine.name).toBe('tfjs-webgpu');
  });

  it.each([
    [
      { vendor: 'google', architecture: 'swiftshader', description: '' },
      'WebGPU on swiftshader (a software device)',
      false,
    ],
    [
      { description: 'llvmpipe (LLVM 15.0.6, 256 bits)' },
      'WebGPU on llvmpipe (LLVM 15.0.6, 256 bits) (a software device)',
      false,
    ],
    [
      { vendor: 'nvidia', device: 'nvidia-h200', description: 'NVIDIA: 580.159.04' },
      'WebGPU on nvidia-h200, NVIDIA: 580.159.04',
      true,
    ],
    [undefined, 'WebGPU on an unnamed device', true],
  ])('describes %j', (info, device, gpu) => {
    expect(describeAdapter(info)).toEqual({ device, gpu });
  });
});

describe('examineEngines', () => {
  it('tries every one and says of each whether it works and why', async () => {
    const attempts = await examineEngines({ threads: 1, import: from({ '@tensorflow/tfjs': tf }) });
    expect(attempts).toEqual([
      fusedHere
        ? { engine: 'embedded-fused', works: true, reason: backendHere }
        : {
            engine: 'embedded-fused',
            works: false,
            reason: `Node ${process.versions.node} without relaxed SIMD`,
          },
      { engine: 'embedded-portable', works: true, reason: 'embedded (WebAssembly SIMD, 1 thread, float32)' },
      { engine: 'tfjs-node-gpu', works: false, reason: '@tensorflow/tfjs-node-gpu is not installed' },
      { engine: 'tfjs-node', works: false, reason: '@tensorflow/tfjs-node is not installed' },
      { engine: 'tfjs-webgpu', works: false, reason: '@tensorflow/tfjs-backend-webgpu is not installed' },
      { engine: 'tfjs-cpu', works: true, reason: `tfjs-cpu (tfjs ${tf.version_core}, cpu backend, float32)` },
    ]);
    expect(JSON.parse(JSON.stringify(attempts))).toEqual(attempts);
  });
});
