// Circles of imports between the files of a package, type imports among them: none may be there. Prints the shortest one of every
// group of files that import each other, and ends with 1 when there is one. What is measured and why: docs/decisions/workspace.md.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { root } from './workspace.mjs';

const folders = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name, 'src'));
const circles = folders.filter((folder) => existsSync(folder)).flatMap((folder) => circlesIn(folder));
for (const circle of circles) console.log(`circle: ${circle.map((file) => relative(root, file)).join(' -> ')}`);
process.exitCode = circles.length === 0 ? 0 : 1;

/** @param {string} folder */
function circlesIn(folder) {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
  const imports = new Map(files.map((file) => [file, importsOf(file)]));
  /** @type {string[][]} */
  const found = [];
  /** Files that are known to be in no further circle. */
  const done = new Set();
  for (const file of files) {
    const circle = done.has(file) ? undefined : wayBack(file, imports, done);
    if (circle) {
      found.push(circle);
      for (const member of circle) done.add(member);
    }
    done.add(file);
  }
  return found;
}

/** Relative imports of a file, `import type` and `export … from` too. */
function importsOf(file) {
  const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'), true, true);
  return importedFiles
    .filter(({ fileName }) => fileName.startsWith('.'))
    .map(({ fileName }) => resolve(dirname(file), fileName));
}

/** The shortest way from a file back to itself, breadth first. */
function wayBack(start, imports, done) {
  /** @type {string[][]} */
  let ways = [[start]];
  const seen = new Set([start]);
  while (ways.length > 0) {
    /** @type {string[][]} */
    const longer = [];
    for (const way of ways)
      for (const next of imports.get(way[way.length - 1]) ?? []) {
        if (next === start) return [...way, start];
        if (seen.has(next) || done.has(next)) continue;
        seen.add(next);
        longer.push([...way, next]);
      }
    ways = longer;
  }
  return undefined;
}
