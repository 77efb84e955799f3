import type { TfBackend } from './engine.ts';
import type { Tf } from './namespace.ts';
import type { Import, TfjsEngineName } from './packages.ts';

/** Why a candidate cannot be used: the message goes into the resolution record. */
export class Unusable extends Error {}

/** A backend, and what the choice of `auto` turns on. */
export interface LoadedBackend extends TfBackend {
  /** Whether it computes on a GPU: not on a CPU that was fallen back to, and not on a software device. */
  readonly gpu: boolean;
}

/** Imports the packages of an engine and brings its backend up. Throws whatever goes wrong on the way. */
export async function loadBackend(name: TfjsEngineName, load: Import): Promise<LoadedBackend> {
  switch (name) {
    case 'tfjs-cpu': {
      const tf = await importTf('@tensorflow/tfjs', load);
      await activate(tf, 'cpu');
      const backend = tf.backend();
      // Its first use prints an advertisement for tfjs-node, five lines on the console.
      if (typeof backend === 'object' && backend !== null && 'firstUse' in backend) backend.firstUse = false;
      return { tf, backend: 'cpu', device: 'cpu backend', gpu: false };
    }
    case 'tfjs-node': {
      const tf = await importTf('@tensorflow/tfjs-node', load);
      await activate(tf, 'tensorflow');
      return { tf, backend: 'tensorflow', device: 'TensorFlow on the CPU', gpu: false };
    }
    case 'tfjs-node-gpu':
      return loadNodeGpu(load);
    case 'tfjs-webgpu':
      return loadWebGpu(load);
  }
}

async function loadNodeGpu(load: Import): Promise<LoadedBackend> {
  const tf = await importTf('@tensorflow/tfjs-node-gpu', load);
  await activate(tf, 'tensorflow');
  const backend = tf.backend();
  if (flag(backend, 'isGPUPackage') === false)
    throw new Unusable(
      "the backend 'tensorflow' of this process belongs to @tensorflow/tfjs-node, which was imported first",
    );
  // Without a device it goes on, in silence, on the CPU.
  if (flag(backend, 'isUsingGpuDevice') !== true)
    throw new Unusable('TensorFlow sees no GPU (CUDA device, driver or libraries missing) and would run on the CPU');
  return { tf, backend: 'tensorflow', device: 'TensorFlow on a CUDA GPU', gpu: true };
}

interface AdapterInfo {
  readonly vendor?: string;
  readonly architecture?: string;
  readonly device?: string;
  readonly description?: string;
  readonly isFallbackAdapter?: boolean;
}

interface Adapter {
  readonly info?: AdapterInfo;
  readonly features: { has(name: string): boolean };
  readonly limits: Readonly<Record<string, number>>;
  requestDevice(descriptor: object): Promise<{ destroy(): void }>;
}

interface Gpu {
  requestAdapter(options?: object): Promise<Adapter | null>;
}

interface WebGpuPackage {
  create(flags: string[]): Gpu;
  readonly globals: Readonly<Record<string, unknown>>;
}

interface WebGpuBackend {
  readonly WebGPUBackend: new (device: object, info: AdapterInfo | undefined) => unknown;
}

/** What tfjs asks of a device beyond the least that WebGPU promises. */
const limits = [
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
];

/** The device that engines of this process share, and how many do. */
let shared: { readonly loaded: Omit<LoadedBackend, 'close'>; users: number; readonly end: () => void } | undefined;

/**
 * tfjs's webgpu backend over the `webgpu` package (Dawn). tfjs registers the backend by itself only where a browser offers
 * `navigator.gpu`; here the device is asked for by hand, which also tells what it is, and destroyed with the last engine:
 * Node does not end while a device is alive.
 */
async function loadWebGpu(load: Import): Promise<LoadedBackend> {
  shared ??= await openWebGpu(load);
  const mine = shared;
  mine.users++;
  await activate(mine.loaded.tf, 'webgpu');
  let open = true;
  const close = () => {
    if (!open) return;
    open = false;
    if (--mine.users > 0) return;
    shared = undefined;
    mine.end();
  };
  return { ...mine.loaded, close };
}

async function openWebGpu(load: Import): Promise<NonNullable<typeof shared>> {
  const tf = await importTf('@tensorflow/tfjs', load);
  const { WebGPUBackend } = part<WebGpuBackend>(await load('@tensorflow/tfjs-backend-webgpu'), 'WebGPUBackend');
  const { create, globals } = part<WebGpuPackage>(await load('webgpu'), 'create');
  // The backend reads GPUBufferUsage and its like, and navigator.gpu, from the global object.
  for (const [name, value] of Object.entries(globals)) if (!(name in globalThis)) define(globalThis, name, value);
  const gpu = create([]);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter)
    throw new Unusable(
      'no WebGPU adapter: neither a GPU with a Vulkan, Metal or D3D12 driver nor a software device was found',
    );
  if (!('navigator' in globalThis)) define(globalThis, 'navigator', {});
  const navigator = (globalThis as { navigator?: { gpu?: unknown } }).navigator ?? {};
  const before = navigator.gpu;
  define(navigator, 'gpu', gpu);
  const requiredLimits: Record<string, number> = {};
  for (const name of limits) requiredLimits[name] = adapter.limits[name];
  const requiredFeatures = adapter.features.has('timestamp-query') ? ['timestamp-query'] : [];
  const device = await adapter.requestDevice({ requiredFeatures, requiredLimits });
  // What tfjs may have registered under the name has another device.
  if (tf.findBackend('webgpu')) tf.removeBackend('webgpu');
  tf.registerBackend('webgpu', () => new WebGPUBackend(device, adapter.info));
  const end = () => {
    tf.removeBackend('webgpu');
    define(navigator, 'gpu', before);
    device.destroy();
  };
  return { loaded: { tf, backend: 'webgpu', ...describeAdapter(adapter.info) }, users: 0, end };
}

/** Names of devices that are programs: SwiftShader, lavapipe (llvmpipe), Microsoft's WARP. */
const software = /swiftshader|llvmpipe|lavapipe|warp|basic render|software/i;

export function describeAdapter(info: AdapterInfo | undefined): { readonly device: string; readonly gpu: boolean } {
  const names = [info?.vendor, info?.architecture, info?.device, info?.description].filter((name) => name);
  const isSoftware = info?.isFallbackAdapter === true || names.some((name) => software.test(name ?? ''));
  // The description of Vulkan's drivers is the driver: "NVIDIA: 580.159.04" of the device "nvidia-h200".
  const [first, ...rest] = [info?.device, info?.description, info?.architecture, info?.vendor].filter((name) => name);
  const named =
    first === undefined
      ? 'an unnamed device'
      : rest.length > 0 && first === info?.device
        ? `${first}, ${rest[0]}`
        : first;
  return { device: `WebGPU on ${named}${isSoftware ? ' (a software device)' : ''}`, gpu: !isSoftware };
}

function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, configurable: true, writable: true });
}

function flag(backend: unknown, name: string): unknown {
  return typeof backend === 'object' && backend !== null ? (backend as Record<string, unknown>)[name] : undefined;
}

async function importTf(name: string, load: Import): Promise<Tf> {
  return part<Tf>(await load(name), 'customGrad');
}

/** The exports of a package that has `name` among them; CommonJS modules may hide them under `default`. */
function part<T>(module: unknown, name: string): T {
  for (const found of [module, (module as { default?: unknown } | undefined)?.default])
    if (typeof found === 'object' && found !== null && typeof (found as Record<string, unknown>)[name] === 'function')
      return found as T;
  throw new Unusable(`the package was imported but does not export ${name}`);
}

async function activate(tf: Tf, backend: string): Promise<void> {
  const chosen = await tf.setBackend(backend);
  if (!chosen) throw new Unusable(`tfjs could not initialise its backend '${backend}'`);
  await tf.ready();
}
