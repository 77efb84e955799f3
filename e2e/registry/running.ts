import type { ChildProcess } from 'node:child_process';

/** What the setup leaves for the teardown, which runs in the same process. */
export const running = (((globalThis as Record<string, unknown>)['ml4tEndToEnd'] as Running | undefined) ??
  ((globalThis as Record<string, unknown>)['ml4tEndToEnd'] = {} as Running)) as Running;

interface Running {
  folder?: string;
  server?: ChildProcess;
}
