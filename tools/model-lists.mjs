// What packages say of their models without being imported: the `ml4t.models` field of each package.json, and the command's list of
// this repository's own. Both follow the registries as built. Checks them; `--write` brings them up to date.
import { readFileSync, readdirSync, writeFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { root } from './workspace.mjs';

const write = process.argv.includes('--write');
const own = {};
let differs = 0;
for (const folder of readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name))) {
  const path = join(folder, 'package.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  if (!manifest.ml4t?.experiment) continue;
  const { modelRegistry } = await import(pathToFileURL(join(folder, 'dist', 'index.js')).href);
  const models = modelRegistry.map(({ modelType }) => modelType);
  own[manifest.name] = models;
  manifest.ml4t.models = models;
  await settle(path, JSON.stringify(manifest));
}
await settle(
  join(root, 'packages', 'cli', 'src', 'families', 'own-packages.ts'),
  `// Written by \`npm run api\` from the registries.
/** Model types of the packages of this repository, so that an error can say what to install where one is not. */
export const ownPackages: Readonly<Record<string, readonly string[]>> = ${JSON.stringify(own)};
`,
);
if (differs > 0) {
  console.error(
    `${differs} lists of models differ from the registries. Run \`npm run api\` and commit what it writes.`,
  );
  process.exitCode = 1;
}

async function settle(path, content) {
  const text = await format(content, { ...(await resolveConfig(path)), filepath: path });
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  if (write) {
    writeFileSync(path, text);
    console.log(`${path.slice(root.length + 1)}: written`);
    return;
  }
  differs++;
  console.error(`${path.slice(root.length + 1)} does not list the models of the registries.`);
}
