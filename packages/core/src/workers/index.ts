// Worker threads whose every request ends.
export { WorkerPool } from './worker-pool.ts';
