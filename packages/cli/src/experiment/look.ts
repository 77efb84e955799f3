import { DataError, lookAtPanel, type CrossSectionBatch, type PanelFinding } from '@ml4t/core';
import { counted } from '../terminal/words.ts';
import type { Experiment } from './schema.ts';

/** Preprocessing after which the raw scale of a characteristic is gone. */
const ranking: ReadonlySet<string> = new Set(['rank-normalize', 'winsorize']);

/** What there is to know about the panel of an experiment before a model sees it, but for what `data.ignore` answers. */
export function lookAtData(experiment: Experiment, batch: CrossSectionBatch): readonly PanelFinding[] {
  const { data, preprocessing, split } = experiment;
  const { rowOffsets, nDates } = batch.index;
  return lookAtPanel(batch, {
    ignore: data.ignore,
    isRanked: preprocessing.some(({ type }) => ranking.has(type)),
    trainRows: rowOffsets[Math.min(split.initialTrain, nDates)],
  });
}

/** A line for each code: the first finding in full, and of which other columns the same is true. */
export function findingLines(findings: readonly PanelFinding[]): readonly string[] {
  const byCode = new Map<string, PanelFinding[]>();
  for (const finding of findings) byCode.set(finding.code, [...(byCode.get(finding.code) ?? []), finding]);
  return [...byCode.values()].map(([{ code, severity, columns, evidence, remedy }, ...others]) => {
    const owners = columns.filter((name) => !evidence.includes(name));
    const subject = owners.length > 0 ? ` (${owners.join(', ')})` : '';
    const more = others.length > 0 ? `; the same of ${some(others.map((other) => other.columns.join(' and ')))}` : '';
    return `${severity === 'note' ? 'note, ' : ''}${code}${subject}: ${evidence}${more}. ${remedy}`;
  });
}

/** The first few of many names. */
export function some(names: readonly string[], most = 12): string {
  const rest = names.length - most;
  return rest > 0 ? `${names.slice(0, most).join(', ')} and ${rest} more` : names.join(', ');
}

/** Makes the warnings among findings an error. Throws DataError that lists all of them. */
export function requireNoWarning(findings: readonly PanelFinding[]): void {
  const warnings = findings.filter(({ severity }) => severity === 'warning');
  if (warnings.length === 0) return;
  const codes = [...new Set(warnings.map(({ code }) => code))];
  throw new DataError({
    field: 'experiment.data',
    expected: 'a panel with nothing to warn of (--strict)',
    found: `${counted(warnings.length, 'finding')}: ${findingLines(warnings).join(' ')}`,
    remedy: `Mend the panel, or answer what is meant: data.ignore: [${codes.join(', ')}].`,
  });
}
