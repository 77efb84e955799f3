// Compiles every kernels/<folder>/index.ts (AssemblyScript) to wasm/<folder>.wasm, those of the engine a second time with fused
// multiply-add, and holds the SHA-256 of each against kernels/checksums.json, so that a build anywhere is the same to the byte.
// `--update` records new checksums.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const here = new URL('./', import.meta.url);
const output = new URL('../wasm/', here);
const checksumFile = new URL('checksums.json', here);
const update = process.argv.includes('--update');

const features = 'simd,bulk-memory,threads';
/** Modules by name: the folder of their sources and the features of WebAssembly that they may use. */
const modules = {
  linalg: { folder: 'linalg', features },
  nn: { folder: 'nn', features },
  'nn-fused': { folder: 'nn', features: `${features},relaxed-simd` },
};

/** Newest modification time below a folder: a module is recompiled only when one of its sources is newer. */
function newest(folder) {
  return Math.max(...readdirSync(folder).map((name) => statSync(new URL(name, folder)).mtimeMs));
}

function digestOf(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

mkdirSync(output, { recursive: true });
const recorded = JSON.parse(readFileSync(checksumFile, 'utf8'));
const found = {};
for (const [module, { folder, features }] of Object.entries(modules)) {
  const source = new URL(`${folder}/`, here);
  const target = new URL(`${module}.wasm`, output);
  const age = statSync(target, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  // Also when the output is not the recorded one: it may be left from another checkout.
  const stale = age < Math.max(newest(source), statSync(new URL('build.mjs', here)).mtimeMs);
  if (stale || recorded[module] !== digestOf(target)) {
    const { error, stderr } = await asc.main(
      [
        fileURLToPath(new URL('index.ts', source)),
        ...['-O3', '--noAssert', '--runtime', 'stub', '--enable', features],
        // Shared so that worker threads can run the same kernels over one heap; the host decides how far it grows.
        ...['--importMemory', '--initialMemory', '1', '--maximumMemory', '65536', '--sharedMemory'],
        ...['--outFile', fileURLToPath(target)],
      ],
      { stdout: process.stdout },
    );
    if (error) {
      console.error(stderr.toString());
      throw error;
    }
  }
  found[module] = digestOf(target);
}
if (update) writeFileSync(checksumFile, `${JSON.stringify(found, null, 2)}\n`);
else
  for (const [module, digest] of Object.entries(found))
    if (recorded[module] !== digest)
      throw new Error(
        `kernels/${module}: expected SHA-256 ${recorded[module] ?? '(none recorded)'}, found ${digest}. ` +
          'If the kernel was changed on purpose, run `node kernels/build.mjs --update` and commit checksums.json.',
      );
