export {
  factorTable,
  panelTable,
  predictionsTable,
  signalsTable,
  weightsTable,
  type TableLabels,
} from './frames/tables.ts';
export type {
  CharacteristicSelection,
  DatedColumn,
  DateGap,
  PanelColumns,
  PanelReading,
  PanelReadReport,
  PanelSource,
  PanelStreamReport,
  PersistentPanelColumns,
  QuerySource,
  ReadOptions,
  StreamOptions,
  TimestampFormat,
} from './read/options.ts';
export { readCrossSectionBatch, readPersistentPanelBatch } from './read/panel.ts';
export { streamCrossSectionBatches } from './read/stream.ts';
export { writeFrame, writeFrames, type OutputFormat, type WrittenFrame } from './write/write-frame.ts';
