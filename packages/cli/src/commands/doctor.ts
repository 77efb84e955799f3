import { linalgBackend } from '@ml4t/core/linalg';
import { examineEngines, gpuThreshold, resolveEngine, type EngineAttempt } from '@ml4t/core/engine';
import type { FamilyPackage } from '../families/packages.ts';
import { findFamilies } from '../families/packages.ts';
import { formatTable } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { packageVersion } from '../version.ts';

export interface DoctorOptions {
  readonly json?: boolean | undefined;
  readonly terminal: Terminal;
  readonly packages?: readonly FamilyPackage[] | undefined;
}

/** What `ml4t doctor` finds. */
interface Findings {
  readonly ml4t: string;
  readonly node: string;
  readonly platform: string;
  /** Kernels of the linear algebra: `wasm-simd`, or `typescript` where WebAssembly SIMD is missing. */
  readonly linearAlgebra: string;
  /** What `engine: 'auto'` takes for a network of usual size, and why. */
  readonly engine: { readonly name: string; readonly backend: string; readonly reason: string };
  readonly engines: readonly EngineAttempt[];
  readonly families: readonly { readonly package: string; readonly installed: boolean; readonly models: string }[];
}

/** `ml4t doctor`: what this machine runs on, which engines work and why the others do not, which families are here. */
export async function doctorCommand({ json, terminal, packages = findFamilies() }: DoctorOptions): Promise<void> {
  const { engine, resolution } = await resolveEngine();
  await engine.dispose();
  const findings: Findings = {
    ml4t: packageVersion(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    linearAlgebra: linalgBackend(),
    engine: { name: resolution.engine, backend: resolution.backend, reason: resolution.reason },
    engines: await examineEngines(),
    families: await Promise.all(
      packages.map(async ({ packageName, modelTypes, load }) => ({
        package: packageName,
        installed: await load().then(
          () => true,
          () => false,
        ),
        models: modelTypes.join(', '),
      })),
    ),
  };
  terminal.stdout.write(json ? `${JSON.stringify(findings, null, 2)}\n` : describeFindings(findings));
}

function describeFindings({ ml4t, node, platform, linearAlgebra, engine, engines, families }: Findings): string {
  return [
    `ml4t ${ml4t}, Node ${node}, ${platform}, linear algebra on ${linearAlgebra}`,
    '',
    `Networks run on: ${engine.backend}`,
    `  a GPU that works is taken for networks of at least ${gpuThreshold} trainable numbers`,
    '',
    formatTable(
      ['engine', 'works', 'on, or why not'],
      engines.map((each) => [each.engine, each.works ? 'yes' : 'no', each.reason]),
      3,
    ),
    '',
    formatTable(
      ['family', 'installed', 'models'],
      families.map((each) => [each.package, each.installed ? 'yes' : 'no', each.models]),
      3,
    ),
    '',
  ].join('\n');
}
