// Of every package that users install: is its licence one of those that we take, and is a weakness of it known? Prints what is
// wrong, one line each, and ends with 1 then. A registry that does not answer the question about weaknesses is said so in one line.
import { runPnpm } from './workspace.mjs';

/** Licences that allow everything that ours allows. */
const allowed = [
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'Unlicense',
  'BlueOak-1.0.0',
  'CC0-1.0',
];

const problems = [...(await licences()), ...(await weaknesses())];
for (const problem of problems) console.log(`dependencies: ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;

async function licences() {
  const { code, output } = await runPnpm(['licenses', 'list', '--prod', '--json']);
  const found = read(output);
  if (code !== 0 || found === undefined) return [`the licences cannot be listed: ${output.trim().split('\n')[0]}`];
  const packages = Object.values(found).flat();
  console.log(`dependencies: ${packages.length} packages, licences ${Object.keys(found).sort().join(', ')}`);
  return packages
    .filter(({ license }) => !isAllowed(license))
    .map(({ name, versions, license }) => `${name} ${versions?.join(', ')} is under ${license}`);
}

/** One of several to choose from is enough; of several at once all are needed. */
function isAllowed(licence) {
  return String(licence)
    .replace(/[()]/g, '')
    .split(/ OR /i)
    .some((choice) => choice.split(/ AND /i).every((each) => allowed.includes(each.trim())));
}

async function weaknesses() {
  const { output } = await runPnpm(['audit', '--prod', '--json']);
  const answer = read(output);
  if (answer?.metadata?.vulnerabilities === undefined) {
    console.log(
      `dependencies: known weaknesses not looked up (${answer?.error?.code ?? 'no answer'}): the registry does not say`,
    );
    return [];
  }
  return Object.values(answer.advisories ?? {})
    .filter(({ severity }) => severity !== 'info' && severity !== 'low')
    .map(({ module_name, severity, title, url }) => `${module_name}: ${severity}: ${title} (${url})`);
}

/** The JSON in an output, which may have lines of the tool around it. */
function read(output) {
  try {
    return JSON.parse(output.slice(output.indexOf('{'), output.lastIndexOf('}') + 1));
  } catch {
    return undefined;
  }
}
