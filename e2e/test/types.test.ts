import { expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { attempt } from '../registry/command.ts';
import { emptyProject, npmInstall } from '../registry/consumer.ts';

const source = readFileSync(join(__dirname, '..', 'consumer', 'program.ts'), 'utf8');

// The libraries of a program without and with a browser's.
it.each([
  ['5.9.3', ['es2022']],
  ['7.0.2', ['es2022', 'dom', 'dom.iterable']],
])('an installed family type-checks under TypeScript %s with %j, declarations included', async (version, lib) => {
  const cwd = await emptyProject(`typescript-${version}`);
  await npmInstall(cwd, '@ml4t/latent-factors', `typescript@${version}`, '@types/node@20');
  await writeFile(join(cwd, 'program.ts'), source);
  // A wrong use has to be an error, else nothing was checked.
  await writeFile(join(cwd, 'wrong.ts'), source.replace('nFactors: 2', "nFactors: 'two'"));
  const compilerOptions = {
    target: 'es2022',
    lib,
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: false,
    types: ['node'],
  };
  await writeFile(join(cwd, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts', 'wrong.ts'] }));
  const compiler = join('node_modules', 'typescript', 'bin', 'tsc');
  const { stdout } = await attempt(process.execPath, [compiler, '-p', '.', '--pretty', 'false'], { cwd });
  // Lines that are not indented name an error each.
  expect(stdout.split('\n').filter((line) => /^\S/.test(line))).toEqual([
    expect.stringMatching(/^wrong\.ts\(\d+,\d+\): error TS2322: /),
  ]);
});
