import { join } from 'node:path';
import { acquireLock, type Lock } from '@ml4t/core/persist';

export interface FolderLockOptions {
  /** The command that writes. */
  readonly purpose: string;
  readonly wait?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly tell: (message: string) => void;
}

/** Has a folder of results to itself, until the lock is released. Throws OutputError that says who has it, AbortedError. */
export function lockFolder(directory: string, { tell, ...options }: FolderLockOptions): Promise<Lock> {
  return acquireLock(join(directory, '.ml4t-lock'), {
    ...options,
    onWait: (holder) => tell(`waiting for ${holder} to be done with ${directory}`),
  });
}
