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
  PersistentPanelColumns,
  QuerySource,
  ReadOptions,
  TimestampFormat,
} from './read/options.ts';
export { readCrossSectionBatch, readPersistentPanelBatch } from './read/panel.ts';
export { writeFrame, writeFrames, type OutputFormat, type WrittenFrame } from './write/write-frame.ts';
