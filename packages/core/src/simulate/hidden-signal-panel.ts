import * as z from 'zod';
import { PersistentPanelBatch } from '../batches/persistent-panel.ts';
import { baseConfigSchema, parseConfig } from '../config.ts';
import { Random } from '../random/random.ts';
import { assetNames } from './month-ends.ts';

/** Options of {@link simulateHiddenSignalPanel}, strict: unknown keys are errors. */
export const hiddenSignalPanelSchema = z.strictObject({
  ...baseConfigSchema.shape,
  /** N */
  nAssets: z.int().min(1).default(10),
  /** T */
  nDates: z.int().min(2).default(4032),
  /** Features that know nothing, as persistent as the signal. */
  nDecoys: z.int().min(0).default(4),
  /** rho: what is left of the signal a day later. */
  persistence: z.number().min(0).lt(1).default(0.95),
  /** kappa: correlation of the signal with the next return over its volatility. */
  correlation: z.number().min(0).lt(1).default(0.15),
  /** Deviation of the noise in the view of the signal. */
  viewNoise: z.number().min(0).default(2),
});

export type HiddenSignalPanelOptions = z.input<typeof hiddenSignalPanelSchema>;

export interface HiddenSignalPanel {
  /** Features `view`, `lastReturn` and decoys; returns are those after each date. */
  readonly batch: PersistentPanelBatch;
  /** g (T x N): what nobody sees. */
  readonly signal: Float64Array;
  /** E[g_t | views up to t] (T x N): the steady-state Kalman filter, the best use of all that was seen. */
  readonly filtered: Float64Array;
  /** (N): true volatility of a day's return. */
  readonly volatility: Float64Array;
}

/**
 * Daily returns with a signal that is seen through noise, so that memory pays twice: an average of past views knows more than the
 * latest one, and trades less.
 *
 *     g_t = rho g_{t-1} + sqrt(1 - rho^2) u_t        r_{t+1} = sigma_i (kappa g_t + sqrt(1 - kappa^2) e_{t+1})
 *     view_t = (g_t + viewNoise v_t) / sqrt(1 + viewNoise^2)      lastReturn_t = r_t / sigma_i
 *
 * for each asset on its own; u, v, e ~ N(0, 1); sigma_i from .5 % to 2 % a day, evenly in logarithms; decoys follow the law of g.
 * Assets 'asset001' …, consecutive days from 2000-01-01 on. Equal options give equal bits. Throws ConfigError.
 */
export function simulateHiddenSignalPanel(options: HiddenSignalPanelOptions = {}): HiddenSignalPanel {
  const config = parseConfig(hiddenSignalPanelSchema, options, 'simulateHiddenSignalPanel');
  const { nAssets: n, nDates, nDecoys, persistence: rho, correlation: kappa, viewNoise, seed } = config;
  const random = new Random(seed);
  const streams = { signal: random.fork('signal'), view: random.fork('view'), noise: random.fork('noise') };
  const autoregression = (stream: Random): Float64Array => {
    const g = new Float64Array(nDates * n);
    for (let cell = 0; cell < g.length; cell++)
      g[cell] = cell < n ? stream.normal() : rho * g[cell - n] + Math.sqrt(1 - rho ** 2) * stream.normal();
    return g;
  };
  const signal = autoregression(streams.signal);
  const decoys = Array.from({ length: nDecoys }, (_, j) => autoregression(random.fork(`decoy ${j}`)));
  const volatility = Float64Array.from(
    { length: n },
    (_, i) => 0.005 * Math.exp(n > 1 ? (2 * Math.LN2 * i) / (n - 1) : 0),
  );
  const returns = new Float64Array(nDates * n);
  for (let cell = 0; cell < returns.length; cell++)
    returns[cell] = volatility[cell % n] * (kappa * signal[cell] + Math.sqrt(1 - kappa ** 2) * streams.noise.normal());

  const names = ['view', 'lastReturn', ...decoys.map((_, j) => `decoy${j + 1}`)];
  const characteristics = new Float64Array(nDates * n * names.length);
  const filtered = new Float64Array(nDates * n);
  const gain = steadyGain(rho, viewNoise);
  for (let cell = 0; cell < nDates * n; cell++) {
    const seen = signal[cell] + viewNoise * streams.view.normal();
    const expected = cell < n ? 0 : rho * filtered[cell - n];
    filtered[cell] = expected + gain * (seen - expected);
    // The return of the day before the first is not known; its mean is zero.
    const last = cell < n ? 0 : returns[cell - n] / volatility[cell % n];
    characteristics.set(
      [seen / Math.sqrt(1 + viewNoise ** 2), last, ...decoys.map((d) => d[cell])],
      cell * names.length,
    );
  }
  const batch = new PersistentPanelBatch({
    timestamps: Float64Array.from({ length: nDates }, (_, t) => Date.UTC(2000, 0, 1 + t)),
    assetIds: assetNames(n),
    returns,
    characteristicNames: names,
    characteristics,
  });
  return { batch, signal, filtered, volatility };
}

/** Share of a surprise that the filter believes once it has settled. */
function steadyGain(rho: number, viewNoise: number): number {
  if (viewNoise === 0) return 1;
  let variance = 1;
  let gain = 0;
  for (let step = 0; step < 1000; step++) {
    const ahead = rho ** 2 * variance + 1 - rho ** 2;
    gain = ahead / (ahead + viewNoise ** 2);
    variance = (1 - gain) * ahead;
  }
  return gain;
}
