import { checkpointChecks } from '@ml4t/core/ensemble';
import type * as z from 'zod';
import type { PortfolioConfig } from '../config.ts';

/** Fields that contradict each other, for `schema.check`. */
export function contradictions(context: z.core.ParsePayload<Omit<PortfolioConfig, 'ensembleSize'>>): void {
  const { grossExposure, netExposure, nSteps } = context.value;
  if (Math.abs(netExposure) > grossExposure)
    context.issues.push({
      code: 'custom',
      input: netExposure,
      path: ['netExposure'],
      message: 'a number between -grossExposure and grossExposure',
    });
  checkpointChecks(context, nSteps, 'nSteps');
}
