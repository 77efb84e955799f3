/** Why a training run ended. */
export type StopReason = 'completed' | 'early-stopped' | 'non-finite-loss' | 'non-finite-gradient';

/** What each reason means and what to do about it; empty when there is nothing to do. */
export const stopRemedies: Readonly<Record<StopReason, string>> = {
  completed: '',
  'early-stopped': '',
  'non-finite-loss':
    'The loss was not a finite number in several steps running. Look for NaN in rows the mask keeps, scale the inputs, or lower the learning rate.',
  'non-finite-gradient':
    'The loss was finite but its gradient was not, in several steps running. Lower the learning rate or set a gradient clip; look for square roots or logarithms at zero.',
};
