import type * as z from 'zod';
import type { PortfolioConfig } from '../config.ts';
import { keepsStep } from './schedule.ts';

/** Fields that contradict each other, for `schema.check`. */
export function contradictions(context: z.core.ParsePayload<PortfolioConfig>): void {
  const { grossExposure, netExposure, defaultCheckpoint } = context.value;
  const refuse = (path: keyof PortfolioConfig, message: string): void => {
    context.issues.push({ code: 'custom', input: context.value[path], path: [path], message });
  };
  if (Math.abs(netExposure) > grossExposure) refuse('netExposure', 'a number between -grossExposure and grossExposure');
  if (typeof defaultCheckpoint === 'number' && !keepsStep(context.value, defaultCheckpoint))
    refuse('defaultCheckpoint', 'a step that checkpointSteps or checkpointEvery keeps');
}
