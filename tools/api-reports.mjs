// The public surface of every package as text, one report per entry point in `packages/<name>/api/`, so that a change of the
// surface is read in review. Checks that the reports match what was built; `--write` brings them up to date.
// Usage: node tools/api-reports.mjs [--write] [package folder …]
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { root } from './workspace.mjs';

const args = process.argv.slice(2);
const write = args.includes('--write');
const named = args.filter((arg) => !arg.startsWith('--')).map((folder) => resolve(folder));
const folders =
  named.length > 0 ? named : readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name));

let changed = 0;
for (const folder of folders) reportPackage(folder);
if (changed > 0) {
  console.error(`${changed} reports differ. Read the change, then run \`npm run api\` and commit it.`);
  process.exitCode = 1;
}

function reportPackage(folder) {
  const { exports, name } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const entries = Object.entries(exports).filter(([, target]) => target?.types);
  const reports = join(folder, 'api');
  const scratch = join(folder, 'coverage', 'api');
  mkdirSync(scratch, { recursive: true });
  mkdirSync(reports, { recursive: true });
  const kept = new Set();
  for (const [subpath, { types }] of entries) {
    const file = `${subpath === '.' ? 'index' : subpath.slice(2).replaceAll('/', '-')}.api.md`;
    kept.add(file);
    const found = extract(folder, name, types, file, scratch);
    const path = join(reports, file);
    const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
    if (found === before) continue;
    if (write) {
      writeFileSync(path, found);
      console.log(`${name} ${subpath}: written`);
    } else {
      changed++;
      console.error(
        `${name} ${subpath} is not what ${basename(folder)}/api/${file} says:\n${difference(before, found)}`,
      );
    }
  }
  for (const stale of readdirSync(reports).filter((file) => !kept.has(file)))
    if (write) rmSync(join(reports, stale));
    else {
      changed++;
      console.error(`${basename(folder)}/api/${stale} belongs to no entry point.`);
    }
}

function extract(folder, name, types, reportFileName, scratch) {
  const config = ExtractorConfig.prepare({
    packageJsonFullPath: join(folder, 'package.json'),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: join(folder, types),
      newlineKind: 'lf',
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: 'ES2022',
            lib: ['ES2023'],
            module: 'NodeNext',
            moduleResolution: 'NodeNext',
            strict: true,
            skipLibCheck: true,
            types: ['node'],
            typeRoots: [join(root, 'node_modules', '@types')],
          },
          files: [join(folder, types)],
        },
      },
      apiReport: { enabled: true, reportFileName, reportFolder: scratch, reportTempFolder: join(scratch, 'new') },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      // What the report itself shows is enough: the rest are opinions on comments.
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
  });
  const { errorCount } = Extractor.invoke(config, {
    localBuild: true,
    messageCallback: (message) => {
      if (message.logLevel === ExtractorLogLevel.Error) console.error(`${name}: ${message.text}`);
      message.handled = true;
    },
  });
  if (errorCount > 0) throw new Error(`${name}: the report of ${types} could not be made`);
  return readFileSync(join(scratch, reportFileName), 'utf8');
}

/** The lines that only one side has: enough to see what changed. */
function difference(before, found) {
  const [old, now] = [before.split('\n'), found.split('\n')];
  const [oldLines, newLines] = [new Set(old), new Set(now)];
  return [
    ...old.filter((line) => !newLines.has(line)).map((line) => `- ${line}`),
    ...now.filter((line) => !oldLines.has(line)).map((line) => `+ ${line}`),
  ]
    .slice(0, 60)
    .join('\n');
}
