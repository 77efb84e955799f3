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
