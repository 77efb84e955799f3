import { spawnSync } from 'node:child_process';
import { delimiter } from 'node:path';

const probe = `
import importlib.util, json, sys
print(json.dumps([name for name in sys.argv[1:] if importlib.util.find_spec(name) is None]))
`;
const known = new Map();

/** Where Python is looked for: the entries of PYTHON (separated as in PATH), else the usual names. */
export function pythonCandidates(environment = process.env) {
  const asked = environment.PYTHON?.split(delimiter).filter(Boolean) ?? [];
  return asked.length > 0 ? asked : ['python3', 'python', '/usr/bin/python3'];
}

/**
 * The first Python that has all the modules: `{ python }`; otherwise `{ reason }`, in words.
 * @param {readonly string[]} modules
 */
export function findPython(modules, candidates = pythonCandidates()) {
  const found = [];
  for (const python of candidates) {
    const missing = missingModules(python, modules);
    if (missing === undefined) continue;
    if (missing.length === 0) return { python };
    found.push(`${python} has no ${missing.join(', ')}`);
  }
  return { reason: found.length > 0 ? found.join('; ') : `no Python found (${candidates.join(', ')})` };
}

/** The modules that this Python lacks; undefined where it does not run. */
function missingModules(python, modules) {
  const key = JSON.stringify([python, modules]);
  if (!known.has(key)) {
    const { status, stdout } = spawnSync(python, ['-c', probe, ...modules], { encoding: 'utf8' });
    known.set(key, status === 0 ? JSON.parse(stdout) : undefined);
  }
  return known.get(key);
}
