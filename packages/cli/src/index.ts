export { exitCodes } from './exit-codes.ts';
export { parseExperiment, loadExperiment } from './experiment/load.ts';
export { ExperimentRecord, type ModelRecord, type OutOfSample } from './experiment/record.ts';
export { resultsTable } from './experiment/results-table.ts';
export {
  prepareExperiment,
  runExperiment,
  type ExperimentResult,
  type ModelResult,
  type PrepareOptions,
  type PreparedExperiment,
  type RunHooks,
} from './experiment/run.ts';
export { experimentSchema, type Experiment } from './experiment/schema.ts';
export type { TaskRunHooks } from './experiment/do-tasks.ts';
export type { ExperimentEvent, PlannedTask, TaskEvent } from './experiment/events.ts';
export { artifactKey } from './experiment/work-area.ts';
export type { DataReference, FoldReference, FoldTask, MemberTask, Task } from './experiment/task.ts';
export type { ExecutorPlace, OpenExecutor, TaskExecutor, TaskHooks } from './executor/executor.ts';
export { knownPanel, panelFor, type PanelFor } from './executor/panels.ts';
export { findFamilies, type FamilyPackage, type WhereToLook } from './families/packages.ts';
export { TaskRunner, type FamilySource, type TaskRunnerOptions } from './executor/task-runner.ts';
export { summarize, type ExperimentSummary } from './experiment/summary.ts';
export type { WrittenFile } from './outputs/ownership.ts';
export { runCli } from './program.ts';
export type { Terminal } from './terminal/terminal.ts';
