import { spawn } from 'node:child_process';

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a command to its end and collects what it prints. Rejects only when it cannot be started. */
export function attempt(command: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    // npm and npx are .cmd files on Windows, which only a shell can start.
    const shell = process.platform === 'win32' && (command === 'npm' || command === 'npx');
    const env = { ...outsideWorkspace(process.env), ...options.env };
    const child = spawn(command, args, { cwd: options.cwd, env, shell, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, stdout, stderr }));
  });
}

/** The same for a command that has to succeed: its standard output. Rejects with everything that it printed. */
export async function succeed(command: string, args: readonly string[], options: CommandOptions): Promise<string> {
  const { code, stdout, stderr } = await attempt(command, args, options);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${stdout}\n${stderr}`);
  return stdout;
}

/** A consumer's machine knows nothing of the workspace: neither its package manager's settings nor Jest's. */
function outsideWorkspace(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => !/^(npm_(?!config_cache$)|pnpm_|NODE_OPTIONS$|NODE_PATH$|JEST_|NX_|INIT_CWD$)/i.test(name),
    ),
  );
}
