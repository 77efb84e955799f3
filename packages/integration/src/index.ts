export type { TableLabels } from './frames/labels.ts';
export { portfolioWeightsTable, type PortfolioWeightsOptions } from './frames/portfolio-weights.ts';
export { factorTable, panelTable, predictionsTable, signalsTable, weightsTable } from './frames/tables.ts';
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
  PortfolioColumns,
  PortfolioReadOptions,
  PortfolioReadReport,
  PostgresClient,
  PostgresSource,
  QuerySource,
  ReadOptions,
  RowSource,
  StreamOptions,
  TimestampFormat,
} from './read/options.ts';
export { readCrossSectionBatch, readPersistentPanelBatch } from './read/panel.ts';
export { readPortfolioSequenceBatch } from './read/portfolio-sequence.ts';
export { streamCrossSectionBatches } from './read/stream.ts';
export { writeFrame, writeFrames, type OutputFormat, type WrittenFrame } from './write/write-frame.ts';
