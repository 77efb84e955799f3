import * as z from 'zod';

/** What the weights of a date must satisfy. Fields of {@link weightConstraintConfigSchema} and of the linear model. */
export const exposureFields = {
  /** G: bound on `sum |w|`, or its value with `gross: 'exact'`. */
  grossExposure: z.number().positive().default(1).describe('Bound on the sum of absolute weights'),
  /** `sum w`. */
  netExposure: z.number().default(0).describe('Sum of the weights'),
  /** Bound on every |w|; null for none. */
  maxAbsWeight: z.number().positive().nullable().default(null).describe('Bound on every absolute weight'),
  /**
   * 'at-most': `sum |w| <= G`, a convex set, so that the closest point is unique and moves continuously with scores, cap, budget
   * and holdings. 'exact': `sum |w| = G`, with the closest split into long and short.
   */
  gross: z.enum(['at-most', 'exact']).default('at-most').describe('Whether gross exposure is a bound or a target'),
  /**
   * 'proportional' takes any scores: the row less its mean, positive part scaled to (G + n) / 2 and negative part to
   * (G - n) / 2, then the closest admissible weights to that. 'none' takes weights: the closest admissible ones.
   */
  scaling: z.enum(['proportional', 'none']).default('proportional').describe('How scores become weights beforehand'),
} as const;

/** Constraints of one row of weights; G, n, c. */
export interface ExposureConstraints {
  readonly grossExposure: number;
  readonly netExposure: number;
  readonly maxAbsWeight: number | null;
  readonly gross: 'at-most' | 'exact';
}

/** |w| can never exceed (G + |n|) / 2, so there always is a finite cap. */
export function effectiveCap({ grossExposure, netExposure, maxAbsWeight }: ExposureConstraints): number {
  return Math.min(maxAbsWeight ?? Infinity, (grossExposure + Math.abs(netExposure)) / 2);
}

/** Rounding that sums of a row may show before a constraint counts as broken, relative to its gross exposure. */
export const feasibilityTolerance = 1e-10;

/** Which constraint no weights of `nAssets` assets can meet; undefined when there are some. */
export interface Infeasibility {
  /** Field of the configuration. */
  readonly constraint: 'maxAbsWeight' | 'grossExposure' | 'turnoverLimit';
  readonly expected: string;
  readonly found: string;
  readonly remedy: string;
}

/** Whether `nAssets` assets can carry the exposures under the cap. */
export function exposureInfeasibility(constraints: ExposureConstraints, nAssets: number): Infeasibility | undefined {
  const { grossExposure: g, netExposure: n, gross } = constraints;
  const cap = effectiveCap(constraints);
  const sum = (value: number): string => String(Number(value.toPrecision(6)));
  const remedy = 'Raise maxAbsWeight, lower the exposures, or let more assets be held on that date.';
  if (gross === 'at-most') {
    if (nAssets * cap >= Math.abs(n) * (1 - feasibilityTolerance)) return undefined;
    return {
      constraint: 'maxAbsWeight',
      expected: `assets that can carry a net exposure of ${sum(n)}`,
      found: `${nAssets} of at most ${sum(cap)} each`,
      remedy,
    };
  }
  const [long, short] = [(g + n) / 2, (g - n) / 2];
  const needed = assetsNeeded(long, cap) + assetsNeeded(short, cap);
  if (nAssets >= needed) return undefined;
  const capped = constraints.maxAbsWeight !== null && nAssets >= (long > 0 ? 1 : 0) + (short > 0 ? 1 : 0);
  return {
    constraint: capped ? 'maxAbsWeight' : 'grossExposure',
    expected: `at least ${needed} assets for ${sum(long)} long and ${sum(short)} short${capped ? `, at most ${sum(cap)} each` : ''}`,
    found: String(nAssets),
    remedy: `${remedy.slice(0, -1)}, or choose gross: 'at-most'.`,
  };
}

/** Assets that a one-sided sum takes at this cap. */
export function assetsNeeded(sum: number, cap: number): number {
  return sum <= 0 ? 0 : Math.max(1, Math.ceil((sum / cap) * (1 - feasibilityTolerance)));
}
