import { configNotes, deepFreeze } from '../config.ts';
import { AbortedError, ConfigError, NotFittedError, throwIfAborted } from '../errors.ts';
import { requireFitArguments } from '../models/arguments.ts';
import type { EnsembleEstimator, FitOptions, RunOptions, TrainedMember } from '../models/interfaces.ts';
import { asPart } from '../models/progress.ts';
import { saveArtifact, type ArtifactContent } from '../persist/index.ts';
import type { FitSummary } from '../results/fit-summary.ts';
import { trainEnsemble } from '../train/index.ts';
import { digestsOf, inOrder, type MemberOrigin } from './origin.ts';

/** What any fit of an ensemble keeps. */
export interface EnsembleFit {
  readonly summary: FitSummary;
}

/** A fit that is under way: the data are prepared and an engine is at hand. */
export interface EnsembleTraining<Member, Fit extends EnsembleFit, Phase extends string = 'training'> {
  /** {@link TrainedMember.arithmetic} of the engine at hand. */
  readonly arithmetic: string;
  /**
   * Trains one network. Its bits depend on the data, the configuration and its seed alone. `onProgress` takes its events as if it
   * were alone, in place of that of the options.
   */
  train(seed: number, member: number, onProgress: RunOptions<Phase>['onProgress']): Promise<Member>;
  /** The fit that all members make, in their order. */
  combine(members: readonly Member[]): Promise<Fit>;
  /** What an abort leaves of a first fit, from the members that were finished; nothing where absent. */
  interrupted?(finished: readonly Member[]): Fit | undefined;
}

/**
 * An ensemble of networks: all of an estimator but the network, its training and what a fit does. `Member` is plain data, as
 * {@link TrainedMember} says. Member m is trained from the seed of the configuration plus m.
 */
export abstract class NetworkEnsemble<
  Batch,
  Options extends FitOptions<Batch, Phase>,
  Member,
  Fit extends EnsembleFit,
  Phase extends string = 'training',
> implements EnsembleEstimator<Batch, Phase> {
  abstract readonly modelType: string;
  abstract readonly config: { readonly seed: number };
  abstract readonly ensembleSize: number;
  /** Version of the package that a model is in. */
  protected abstract readonly packageVersion: string;
  /** Of the batches that it takes. */
  protected readonly batchKind: string | undefined = undefined;
  /** Names of the options of `fit` that are its own. */
  protected readonly ownFitOptions: readonly string[] = [];
  #fit: Fit | undefined;

  /** Prepares data and engine, uses them, and gives the engine back. */
  protected abstract open<T>(
    batch: Batch,
    options: Options,
    use: (training: EnsembleTraining<Member, Fit, Phase>) => Promise<T>,
  ): Promise<T>;

  /** What an artifact holds beside the configuration and the summary. */
  protected abstract contentOf(fit: Fit): Pick<ArtifactContent, 'state' | 'arrays'>;

  get isFitted(): boolean {
    return this.#fit !== undefined;
  }
  get fitSummary(): Fit['summary'] {
    return this.requireFit('fitSummary').summary;
  }

  /**
   * Trains all members, one after another. Throws what the model's own documentation says, and AbortedError; an earlier fit
   * stays then.
   */
  async fit(batch: Batch, options: Options = {} as Options): Promise<Fit['summary']> {
    const clock = this.#begin('fit', batch, options);
    return this.open(batch, options, async (training) => {
      const members: Member[] = [];
      const { signal, onProgress } = options;
      const report = (index: number): RunOptions<Phase>['onProgress'] =>
        onProgress && ((progress) => onProgress(asPart(progress, 'member', { index, of: this.ensembleSize })));
      try {
        await trainEnsemble(
          { members: this.ensembleSize, seed: this.config.seed, ...(signal ? { signal } : {}) },
          async (seed, member) => members.push(await training.train(seed, member, report(member))),
        );
        return this.#keep(await training.combine(members), clock());
      } catch (error) {
        const partial = error instanceof AbortedError && !this.#fit ? training.interrupted?.(members) : undefined;
        if (partial) this.#keep(partial, clock());
        throw error;
      }
    });
  }

  /** Trains one member (from 0) alone, with the bits that it has within `fit`. Leaves this model as it is. */
  async fitMember(batch: Batch, member: number, options: Options = {} as Options): Promise<TrainedMember> {
    const clock = this.#begin('fitMember', batch, options);
    if (!Number.isInteger(member) || member < 0 || member >= this.ensembleSize)
      throw new ConfigError({
        field: 'member',
        expected: `a whole number from 0 to ${this.ensembleSize - 1}`,
        found: String(member),
        remedy: 'Ask for a member of this ensemble.',
      });
    return this.open(batch, options, async (training) => {
      const { onProgress } = options;
      const part = { index: member, of: this.ensembleSize };
      const content = await training.train(
        this.config.seed + member,
        member,
        // Of this call the member is the whole.
        onProgress && ((progress) => onProgress({ ...progress, member: part })),
      );
      return { ...this.#origin(batch, options, training), member, seconds: clock(), content };
    });
  }

  /**
   * The fit of members that were trained apart, in any order, with the batch and the options of each: to the bit what `fit` gives.
   * Throws DataError, which names the difference, when a member is missing or belongs to another model, version, configuration
   * (its threads left aside), batch, options or arithmetic.
   */
  async combineMembers(
    batch: Batch,
    members: readonly TrainedMember[],
    options: Options = {} as Options,
  ): Promise<Fit['summary']> {
    const clock = this.#begin('combineMembers', batch, options);
    return this.open(batch, options, async (training) => {
      const ordered = inOrder(members, this.#origin(batch, options, training), this.ensembleSize);
      const fit = await training.combine(ordered.map(({ content }) => content as Member));
      throwIfAborted(options.signal, `${this.constructor.name}.combineMembers`);
      return this.#keep(
        fit,
        ordered.reduce((sum, { seconds }) => sum + seconds, clock()),
      );
    });
  }

  /** Writes the configuration, all members at all their checkpoints and the fit summary as one artifact, atomically. */
  async save(path: string): Promise<void> {
    const fit = this.requireFit('save');
    const { modelType, packageVersion, config } = this;
    const record = fit.summary;
    await saveArtifact(path, { modelType, formatVersion: 1, packageVersion, config, record, ...this.contentOf(fit) });
  }

  /** Takes a fit that an artifact held. */
  protected restore(fit: Fit): void {
    this.#fit = deepFreeze(fit);
  }

  protected requireFit(operation: string): Fit {
    if (!this.#fit) throw new NotFittedError(this.constructor.name, operation);
    return this.#fit;
  }

  /** All that decides the bits of this ensemble's members but their number. Options are data, but for those that watch or permit. */
  #origin(batch: Batch, options: Options, { arithmetic }: { readonly arithmetic: string }): MemberOrigin {
    const { modelType, packageVersion, config } = this;
    const inputs = digestsOf({
      batch,
      ...options,
      signal: undefined,
      onProgress: undefined,
      allowOverlap: undefined,
    });
    return { modelType, packageVersion, config, inputs, arithmetic };
  }

  /** Seconds since now. */
  #begin(operation: string, batch: Batch, options: Options): () => number {
    const { batchKind: kind, ownFitOptions: own } = this;
    requireFitArguments(batch, options, { operation: `${this.constructor.name}.${operation}`, kind, own });
    const started = performance.now();
    return () => (performance.now() - started) / 1000;
  }

  /** Keeps a fit whose summary says how long it took, wherever that was. */
  #keep(fit: Fit, seconds: number): Fit['summary'] {
    const { summary } = fit;
    const notes = [...configNotes(this.config), ...summary.notes];
    this.#fit = deepFreeze({ ...fit, summary: { ...summary, notes, runRecord: { ...summary.runRecord, seconds } } });
    return this.#fit.summary;
  }
}
