import { SourceError, type CrossSectionBatch, type PersistentPanelBatch } from '@ml4t/core';
import type { PanelColumns, PanelReading, PanelSource, PersistentPanelColumns, ReadOptions } from './options.ts';

export async function readCrossSectionBatch(
  source: PanelSource,
  columns: PanelColumns,
  options: ReadOptions = {},
): Promise<PanelReading<CrossSectionBatch>> {
  return Promise.reject(notYet([source, columns, options]));
}

export async function readPersistentPanelBatch(
  source: PanelSource,
  columns: PersistentPanelColumns,
  options: ReadOptions = {},
): Promise<PanelReading<PersistentPanelBatch>> {
  return Promise.reject(notYet([source, columns, options]));
}

const notYet = (given: unknown): SourceError =>
  new SourceError({ field: 'source', expected: 'a reader', found: typeof given, remedy: 'Wait for the next commit.' });
