/** What a step of a long computation is one of. */
export type ProgressUnit =
  'row' | 'date' | 'epoch' | 'step' | 'iteration' | 'draw' | 'candidate' | 'characteristic' | 'fold';

/** One of several parts: a member of an ensemble, a fold of a walk-forward. */
export interface ProgressPart {
  /** From 0. */
  readonly index: number;
  readonly of: number;
}

/**
 * Where a long computation stands. Every event is plain JSON. Within one phase of one member of one fold, `step` ascends.
 *
 * Each layer says what it knows: an estimator its phase and step, an ensemble the member, a walk-forward the fold.
 */
export interface Progress<Phase extends string = string> {
  /** What is being done: words joined by hyphens, from a set that belongs to the model and is part of its interface. */
  readonly phase: Phase;
  readonly unit: ProgressUnit;
  /** Units done, from 1. */
  readonly step: number;
  /** Units that the phase has; fewer are done when training stops early. Undefined when it cannot be known beforehand. */
  readonly total?: number | undefined;
  /** Of estimators that are ensembles, also of one network. */
  readonly member?: ProgressPart | undefined;
  /** Of a walk-forward. */
  readonly fold?: ProgressPart | undefined;
  /**
   * Share of the whole call that is done, in (0, 1], over all its phases, members and folds; it never falls. Undefined when it
   * cannot be known. Early stopping makes it jump, and time does not run evenly in it.
   */
  readonly fraction?: number | undefined;
  /** Finite numbers, such as a loss. */
  readonly metrics?: Readonly<Record<string, number>> | undefined;
}

/**
 * The event of a computation that is one part of several, which are done one after another: it says which, and its share is one of
 * the whole.
 */
export function asPart<Phase extends string>(
  progress: Progress<Phase>,
  kind: 'member' | 'fold',
  { index, of }: ProgressPart,
): Progress<Phase> {
  const { fraction } = progress;
  return {
    ...progress,
    [kind]: { index, of },
    ...(fraction === undefined ? {} : { fraction: (index + fraction) / of }),
  };
}

/**
 * Progress in words, counted from 1: `fold 3 of 28, member 2 of 5, conditional, epoch 12 of 100`. What there is only one of is
 * left out, and so is the phase `training`, which the unit says.
 */
export function describeProgress({ phase, unit, step, total, member, fold }: Progress): string {
  const part = (name: string, at: ProgressPart | undefined): string[] =>
    at && at.of > 1 ? [`${name} ${at.index + 1} of ${at.of}`] : [];
  return [
    ...part('fold', fold),
    ...part('member', member),
    ...(phase === 'training' ? [] : [phase.replaceAll('-', ' ')]),
    `${unit} ${step}${total === undefined ? '' : ` of ${total}`}`,
  ].join(', ');
}
