// Runs pairs-webgpu.test.ts on a software device, with nothing but packages of the npm registry: Dawn from `webgpu`, tfjs's backend, and
// SwiftShader with its Vulkan loader from the archive in @sparticuz/chromium. They are some 200 MB on disk, so they are installed in a
// folder of their own and only by this command. Linux on x64; on a machine with a GPU and its driver the test needs none of this.
// Usage: node test/engine/webgpu-device.mjs [options of jest]   (npm run test:webgpu)
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';

const packages = ['webgpu@0.4.0', '@tensorflow/tfjs-backend-webgpu@4.22.0', '@sparticuz/chromium@147.0.0'];
const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'node_modules', '.cache', 'webgpu-device');
const modules = join(folder, 'node_modules');
const device = join(folder, 'swiftshader');

if (!existsSync(join(device, 'vk_swiftshader_icd.json'))) {
  mkdirSync(device, { recursive: true });
  const options = ['--no-save', '--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund'];
  execFileSync('npm', ['install', '--prefix', folder, ...options, ...packages], { stdio: 'inherit' });
  // The backend must register with the tfjs that the engine uses, not with a second one.
  const require = createRequire(join(root, 'package.json'));
  const ofTfjs = createRequire(realpathSync(require.resolve('@tensorflow/tfjs/package.json')));
  const own = join(modules, '@tensorflow', 'tfjs-core');
  rmSync(own, { recursive: true, force: true });
  symlinkSync(dirname(ofTfjs.resolve('@tensorflow/tfjs-core/package.json')), own, 'dir');
  const archive = join(modules, '@sparticuz', 'chromium', 'bin', 'swiftshader.tar.br');
  execFileSync('tar', ['-x', '-C', device], { input: brotliDecompressSync(readFileSync(archive)) });
}

const jest = join(dirname(createRequire(join(root, 'package.json')).resolve('jest/package.json')), 'bin', 'jest.js');
const { status } = spawnSync(
  process.execPath,
  [jest, '--runInBand', 'test/engine/pairs-webgpu.test.ts', ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      NODE_PATH: modules,
      LD_LIBRARY_PATH: device,
      VK_ICD_FILENAMES: join(device, 'vk_swiftshader_icd.json'),
    },
  },
);
process.exitCode = status ?? 1;
