// Panels whose truth is known: Monte Carlo designs of the literature.
export { chenPelgerZhuSchema, simulateChenPelgerZhu } from './chen-pelger-zhu.ts';
export type { ChenPelgerZhuOptions, ChenPelgerZhuPanel, ChenPelgerZhuTruth } from './chen-pelger-zhu.ts';
export {
  conditionalFactorPanelSchema,
  oraclePredictiveR2,
  oracleTotalR2,
  simulateConditionalFactorPanel,
} from './conditional-factor-panel.ts';
export type {
  ConditionalFactorPanel,
  ConditionalFactorPanelOptions,
  ConditionalFactorTruth,
} from './conditional-factor-panel.ts';
export { simulateStaticFactorPanel, staticFactorPanelSchema } from './static-factor-panel.ts';
export type { StaticFactorPanel, StaticFactorPanelOptions, StaticFactorTruth } from './static-factor-panel.ts';
export { lettauPelgerSchema, simulateLettauPelger } from './lettau-pelger.ts';
export type { LettauPelgerOptions, LettauPelgerPanel, LettauPelgerTruth } from './lettau-pelger.ts';
export { nonlinearSignalPanelSchema, simulateNonlinearSignalPanel } from './nonlinear-signal-panel.ts';
export type { NonlinearSignalPanel, NonlinearSignalPanelOptions } from './nonlinear-signal-panel.ts';
export { hiddenSignalPanelSchema, simulateHiddenSignalPanel } from './hidden-signal-panel.ts';
export type { HiddenSignalPanel, HiddenSignalPanelOptions } from './hidden-signal-panel.ts';
