// Fuzzing for as long as it is let: `pnpm fuzz`, `pnpm fuzz --seconds 36000 --seed 7 artifacts`. Every property gets that many
// seconds (600). What fails is printed with its seed and path, by which it is found again: put it among the examples of its property.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  options: { seconds: { type: 'string', default: '600' }, seed: { type: 'string' } },
  allowPositionals: true,
});
const seed = values.seed ?? String(Math.floor(Math.random() * 2 ** 31));
const folder = fileURLToPath(new URL('.', import.meta.url));
console.log(`fuzz: seed ${seed}, ${values.seconds} s for every property`);
const { status } = spawnSync(
  process.execPath,
  [join(folder, '..', 'node_modules', 'jest', 'bin', 'jest.js'), ...positionals],
  {
    cwd: folder,
    stdio: 'inherit',
    env: { ...process.env, FUZZ_SECONDS: values.seconds, FUZZ_SEED: seed },
  },
);
process.exitCode = status ?? 1;
