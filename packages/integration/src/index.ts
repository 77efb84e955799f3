export {
  factorTable,
  panelTable,
  predictionsTable,
  signalsTable,
  weightsTable,
  type TableLabels,
} from './frames/tables.ts';
export type {
  CellKind,
  CharacteristicSelection,
  ColumnChunkSource,
  DatedColumn,
  DateGap,
  PanelColumns,
  PanelReading,
  PanelReadReport,
  PanelSource,
  PanelStreamReport,
  PersistentPanelColumns,
  PostgresClient,
  PostgresSource,
  QuerySource,
  ReadOptions,
  RowSource,
  StreamOptions,
  TimestampFormat,
} from './read/options.ts';
export { readCrossSectionBatch, readPersistentPanelBatch } from './read/panel.ts';
export { streamCrossSectionBatches } from './read/stream.ts';
export { writeFrame, writeFrames, type OutputFormat, type WrittenFrame } from './write/write-frame.ts';
