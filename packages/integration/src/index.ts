export type {
  FeedColumns,
  FeedOptions,
  FeedSemantics,
  FeedSpecification,
  TimestampSemantics,
} from './backtest/feed-specification.ts';
export { feedSpecMapping } from './backtest/feed-specification.ts';
export {
  backtestInputsFromForecast,
  backtestInputsFromSignals,
  backtestInputsFromTables,
  backtestInputsFromWeights,
  type BacktestInputs,
  type BacktestOptions,
  type BacktestReport,
} from './backtest/inputs.ts';
export { readBacktestFrames, type BacktestGeneration, type DataFeedArguments } from './backtest/manifest.ts';
export {
  writeBacktestFrames,
  type BacktestFrames,
  type WriteBacktestOptions,
  type WrittenGeneration,
} from './backtest/write-backtest-frames.ts';
export { contextTable, weightsContextTable } from './frames/context.ts';
export type { SelectedLabel, TableLabels } from './frames/labels.ts';
export { portfolioWeightsTable, type PortfolioWeightsOptions } from './frames/portfolio-weights.ts';
export { renameColumns } from './frames/rename-columns.ts';
export { factorTable, panelTable, predictionsTable, signalsTable, weightsTable } from './frames/tables.ts';
export type {
  AsOf,
  BenchmarkSource,
  BesideSource,
  JoinOptions,
  JoinedSource,
  RiskFreeSource,
} from './read/join-options.ts';
export type {
  Delisting,
  KeyColumns,
  PanelColumns,
  PersistentPanelColumns,
  PortfolioColumns,
  PortfolioReadOptions,
  ReadOptions,
  ReturnsColumn,
  StreamOptions,
} from './read/options.ts';
export type {
  CellKind,
  CharacteristicSelection,
  ColumnChunkSource,
  DatedColumn,
  FieldSources,
  NumberFormat,
  PanelSource,
  PostgresClient,
  PostgresSource,
  PriceReturns,
  QueryAccess,
  QuerySource,
  RowSource,
  SourceOptions,
  TextEncoding,
  TimestampFormat,
} from './read/source-options.ts';
export type {
  DateGap,
  PanelReading,
  PanelReadReport,
  PanelSeries,
  PanelStreamReport,
  PortfolioReadReport,
  ReadNote,
} from './read/report.ts';
export { readCrossSectionBatch, readPersistentPanelBatch } from './read/panel.ts';
export { readPortfolioSequenceBatch } from './read/portfolio-sequence.ts';
export { streamCrossSectionBatches } from './read/stream.ts';
export type { CsvOptions } from './write/formulas.ts';
export {
  writeFrame,
  writeFrames,
  type OutputFormat,
  type WriteOptions,
  type WrittenFrame,
} from './write/write-frame.ts';
export type { DatasetMetadata } from './schema/dataset-metadata.ts';
