import { FittedModel } from '../authoring/fitted-model.ts';
import { configNotes } from '../config.ts';
import type { Engine, Resolution } from '../engine/index.ts';
import { AbortedError, ConfigError, DataError, throwIfAborted } from '../errors.ts';
import { requireFitArguments } from '../models/arguments.ts';
import type { EnsembleEstimator, RunOptions, TrainedMember } from '../models/interfaces.ts';
import { asPart, type Progress } from '../models/progress.ts';
import type { ParameterSpecs } from '../nn/index.ts';
import type { ArtifactContent } from '../persist/index.ts';
import { onlyFinite, type FitSummary, type HistoryEntry, type StopReason } from '../results/fit-summary.ts';
import { chooseCheckpoint, requireCheckpoint, requireValidationForBest } from './checkpoints.ts';
import type { EngineConfig } from './config.ts';
import { commonCheckpoints, weightArrays, type MemberWeights, type TrainingUnit } from './member-weights.ts';
import { digestsOf, inOrder, type MemberOrigin } from './origin.ts';
import { memberNotes, overallReason, type MemberAccount, type TrainedNetwork } from './trained-network.ts';
import { weightCount, withEngine } from './with-engine.ts';

export interface NetworkFitSummary extends FitSummary {
  /** What `extract` or `predict` can be asked for: those that every member has. */
  readonly checkpoints: readonly string[];
}

/** What any fit of an ensemble keeps. */
export interface NetworkFit {
  readonly members: readonly MemberWeights[];
  readonly summary: NetworkFitSummary;
}

/** The types of an ensemble. */
export interface NetworkTypes {
  readonly batch: object;
  readonly options: object;
  /** What training leaves of a network. */
  readonly member: TrainedNetwork;
  /** What a fit keeps. */
  readonly fit: NetworkFit;
  readonly phase: string;
}

/** What the fields that every ensemble has say. */
export interface EnsembleConfig extends EngineConfig {
  readonly seed: number;
  readonly ensembleSize: number;
  readonly defaultCheckpoint: number | string | null;
}

/** The run of one member. */
export interface MemberRun<Phase extends string = string> extends Pick<RunOptions, 'signal'> {
  readonly seed: number;
  readonly member: number;
  /** Takes an event as if the member were alone. With what is known besides it is a line of the history. */
  report(event: Progress<Phase>, besides?: Readonly<Record<string, number | undefined>>): void;
}

/** What a summary tells beside what the ensemble knows of itself. */
export type Judged<Summary extends NetworkFitSummary> = Pick<Summary, 'trainMetrics' | 'validationMetrics'> &
  Omit<Summary, keyof NetworkFitSummary> & { readonly notes?: readonly string[] | undefined };

/** A fit that is under way: the data are prepared. A network and its loss are all that is missing. */
export interface NetworkTraining<T extends NetworkTypes> {
  /** Of the network. */
  readonly specs: ParameterSpecs;
  /** Whether there is a validation, by which a state can be the best. */
  readonly validated: boolean;
  /** Sizes of the data. */
  readonly dimensions: Readonly<Record<string, number>>;
  /** What is known of the data before training. */
  readonly notes: readonly string[];
  /** Trains one network. Its bits depend on the data, the configuration and its seed alone. */
  train(engine: Engine, run: MemberRun<T['phase']>): Promise<T['member']>;
  /** Frees what training holds in the engine; what follows holds the data anew. */
  release?(): void;
  /** What the fit keeps of the members and of the data. */
  keep(members: readonly T['member'][]): Omit<T['fit'], 'summary'>;
  /** Measures the members at a checkpoint. */
  judge(
    engine: Engine,
    fit: Omit<T['fit'], 'summary'>,
    checkpoint: string,
    members: readonly T['member'][],
  ): Promise<Judged<T['fit']['summary']>>;
  /** What an abort leaves of the network that was being trained; then a first fit keeps what it has. */
  unfinished?(): T['member'] | undefined;
}

type Trained<T extends NetworkTypes> = T['member'] & MemberAccount;

/**
 * An ensemble of networks: all of an estimator but its data, its network and its loss. Engine, members trained together or apart,
 * checkpoints and their default, stop reason, history and summary are the same in all of them. Member m is trained from the seed of the
 * configuration plus m, and is plain data, as {@link TrainedMember} says.
 */
export abstract class NetworkEnsemble<T extends NetworkTypes>
  extends FittedModel<T['fit']>
  implements EnsembleEstimator<T['batch'], T['phase']>
{
  abstract override readonly config: EnsembleConfig;
  protected override readonly formatVersion: number = 2;
  /** What training is counted in. */
  protected readonly unit: TrainingUnit = 'epoch';

  /** Prepares the data of a fit. Throws what the model's own documentation says. */
  protected abstract prepare(batch: T['batch'], options: T['options']): NetworkTraining<T>;

  /** The parameters of the network of a fit. */
  protected abstract specsOf(fit: T['fit']): ParameterSpecs;

  /** What an artifact holds beside the members, the configuration and the summary. */
  protected abstract dataOf(fit: T['fit']): Pick<ArtifactContent, 'state' | 'arrays'> & { readonly state: object };

  get ensembleSize(): number {
    return this.config.ensembleSize;
  }
  /** What `checkpoint` can be: the labels that every member has, 'best' and 'last' among them. */
  get checkpoints(): readonly string[] {
    return this.requireFit('checkpoints').summary.checkpoints;
  }
  /** The checkpoint that is used when none is asked for; undefined after an abort before its phase. */
  get defaultCheckpoint(): string | undefined {
    return this.requireFit('defaultCheckpoint').summary.defaultCheckpoint;
  }

  /**
   * Trains all members, one after another. Throws what the model's own documentation says, and AbortedError; an earlier fit
   * stays then.
   */
  async fit(batch: T['batch'], options: T['options'] = {}): Promise<T['fit']['summary']> {
    const clock = this.#begin('fit', batch, options);
    const { signal, onProgress } = options as RunOptions<T['phase']>;
    const of = this.ensembleSize;
    return this.#open(batch, options, async (training, engine, resolution) => {
      const members: Trained<T>[] = [];
      let history: HistoryEntry[] = [];
      try {
        for (let index = 0; index < of; index++) {
          throwIfAborted(signal, `${this.constructor.name}.fit`);
          history = [];
          const report =
            onProgress && ((event: Progress<T['phase']>) => onProgress(asPart(event, 'member', { index, of })));
          members.push(await this.#train(training, engine, { member: index, signal, history, report }));
        }
        return this.#keep(await this.#combine(training, engine, resolution, members, signal), clock());
      } catch (error) {
        if (error instanceof AbortedError && !this.isFitted && training.unfinished) {
          const last = training.unfinished();
          const account = { history, engineBytes: engine.memory().reservedBytes };
          const left = members.length > 0 ? members : last ? [{ ...last, length: history.length, ...account }] : [];
          if (commonCheckpoints(left).length > 0)
            this.#keep(this.#fitOf(training, resolution, left, 'aborted'), clock());
        }
        throw error;
      }
    });
  }

  /** Trains one member (from 0) alone, with the bits that it has within `fit`. Leaves this model as it is. */
  async fitMember(batch: T['batch'], member: number, options: T['options'] = {}): Promise<TrainedMember> {
    const clock = this.#begin('fitMember', batch, options);
    if (!Number.isInteger(member) || member < 0 || member >= this.ensembleSize)
      throw new ConfigError({
        field: 'member',
        expected: `a whole number from 0 to ${this.ensembleSize - 1}`,
        found: String(member),
        remedy: 'Ask for a member of this ensemble.',
      });
    const { signal, onProgress } = options as RunOptions<T['phase']>;
    return this.#open(batch, options, async (training, engine, { arithmetic }) => {
      const part = { index: member, of: this.ensembleSize };
      // Of this call the member is the whole.
      const report = onProgress && ((event: Progress<T['phase']>) => onProgress({ ...event, member: part }));
      const content = await this.#train(training, engine, { member, signal, history: [], report });
      return { ...this.#origin(batch, options, arithmetic), member, seconds: clock(), content };
    });
  }

  /**
   * The fit of members that were trained apart, in any order, with the batch and the options of each: to the bit what `fit` gives.
   * Throws DataError, which names the difference, when a member is missing or belongs to another model, version, configuration
   * (its threads left aside), batch, options or arithmetic.
   */
  async combineMembers(
    batch: T['batch'],
    members: readonly TrainedMember[],
    options: T['options'] = {},
  ): Promise<T['fit']['summary']> {
    const clock = this.#begin('combineMembers', batch, options);
    const { signal } = options as RunOptions;
    return this.#open(batch, options, async (training, engine, resolution) => {
      const ordered = inOrder(members, this.#origin(batch, options, resolution.arithmetic), this.ensembleSize);
      const trained = ordered.map(({ content }) => content as Trained<T>);
      const fit = await this.#combine(training, engine, resolution, trained, signal);
      return this.#keep(
        fit,
        ordered.reduce((sum, { seconds }) => sum + seconds, clock()),
      );
    });
  }

  /** Runs work on the engine of the configuration, for the network of a fit. */
  protected withEngine<R>(fit: T['fit'], work: (engine: Engine) => Promise<R>): Promise<R> {
    return withEngine(this.config, this.specsOf(fit), work);
  }

  protected override contentOf(fit: T['fit']): Pick<ArtifactContent, 'state' | 'arrays'> {
    const { state, arrays } = this.dataOf(fit);
    return {
      state: { ...state, checkpoints: fit.members.map(({ checkpoints }) => checkpoints) },
      arrays: { ...arrays, ...weightArrays(fit.members, this.specsOf(fit)) },
    };
  }

  /** The checkpoint asked for, else the default. Throws ConfigError that lists those there are. */
  protected checkpointOf({ summary }: T['fit'], asked: string | undefined): string {
    return requireCheckpoint(asked ?? summary.defaultCheckpoint, summary.checkpoints);
  }

  /** Checks what a fit was given, before any work. Throws ConfigError, DataError, AbortedError. */
  protected requireArguments(batch: T['batch'], options: T['options'], operation: string): void {
    requireFitArguments(batch, options, { operation, kind: this.batchKind, own: this.ownFitOptions });
  }

  /** The labels that are the default where there are such and the configuration names none, the first before the second. */
  protected usualCheckpoints(): readonly string[] {
    return ['best', 'last'];
  }

  /** Data first, so that what is wrong with them is known before an engine is loaded. */
  #open<R>(
    batch: T['batch'],
    options: T['options'],
    use: (training: NetworkTraining<T>, engine: Engine, resolution: Resolution) => Promise<R>,
  ): Promise<R> {
    const training = this.prepare(batch, options);
    requireValidationForBest(this.config.defaultCheckpoint, training.validated, `${this.constructor.name}.config`);
    return withEngine(this.config, training.specs, (engine, resolution) => use(training, engine, resolution));
  }

  async #train(
    training: NetworkTraining<T>,
    engine: Engine,
    {
      member,
      signal,
      history,
      report,
    }: Pick<MemberRun, 'member' | 'signal'> & {
      readonly history: HistoryEntry[];
      readonly report: ((event: Progress<T['phase']>) => void) | undefined;
    },
  ): Promise<Trained<T>> {
    const network = await training.train(engine, {
      seed: this.config.seed + member,
      member,
      signal,
      report(event, besides = {}) {
        const { phase, unit, step, metrics } = event;
        history.push({ member, phase, unit, step, metrics: onlyFinite({ ...metrics, ...besides }) });
        report?.(event);
      },
    });
    return { ...network, history, engineBytes: engine.memory().reservedBytes };
  }

  /** The fit that members make: chooses the default checkpoint and measures the ensemble there. */
  async #combine(
    training: NetworkTraining<T>,
    engine: Engine,
    resolution: Resolution,
    members: readonly Trained<T>[],
    signal: AbortSignal | undefined,
  ): Promise<T['fit']> {
    training.release?.();
    const fit = this.#fitOf(
      training,
      resolution,
      members,
      overallReason(members, this.unit === 'step' ? 'max-iterations' : 'max-epochs'),
    );
    const { summary } = fit;
    if (summary.defaultCheckpoint === undefined)
      throw new DataError({
        field: `${this.constructor.name}.fit`,
        expected: 'a state to use by default',
        found: summary.checkpoints.length > 0 ? `only ${summary.checkpoints.join(', ')}` : 'no finished epoch',
        remedy: summary.notes.join(' '),
      });
    const { notes = [], ...judged } = await training.judge(engine, fit, summary.defaultCheckpoint, members);
    throwIfAborted(signal, `${this.constructor.name}.fit`);
    return { ...fit, summary: { ...summary, ...judged, notes: [...summary.notes, ...notes] } };
  }

  /** The fit before it is measured. */
  #fitOf(
    training: NetworkTraining<T>,
    { backend }: Resolution,
    members: readonly Trained<T>[],
    stopReason: StopReason,
  ): T['fit'] {
    const { modelType, packageVersion, config, unit } = this;
    const checkpoints = commonCheckpoints(members);
    const chosen = chooseCheckpoint(config.defaultCheckpoint, checkpoints, unit, this.usualCheckpoints());
    const summary: NetworkFitSummary = {
      converged: stopReason === 'early-stopping',
      stopReason,
      iterations: Math.max(...members.map(({ length }) => length)),
      trainMetrics: {},
      defaultCheckpoint: chosen.checkpoint,
      checkpoints,
      history: members.flatMap(({ history }) => history),
      notes: [
        ...configNotes(config),
        ...training.notes,
        ...(stopReason === 'aborted' ? [abortNote] : chosen.notes),
        ...memberNotes(members, unit),
      ],
      runRecord: {
        modelType,
        packageVersion,
        config: config as unknown as Record<string, unknown>,
        engine: backend,
        dimensions: {
          ...training.dimensions,
          weights: weightCount(training.specs),
          members: members.length,
          engineBytes: Math.max(...members.map(({ engineBytes }) => engineBytes)),
        },
        stopReason,
        // Measured where the fit is kept.
        seconds: 0,
      },
    };
    // `Fit` is what `keep` gives and its summary; TypeScript cannot put the two together again.
    return { ...training.keep(members), summary } as T['fit'];
  }

  /** All that decides the bits of this ensemble's members but their number. Options are data, but for those that watch or permit. */
  #origin(batch: T['batch'], options: T['options'], arithmetic: string): MemberOrigin {
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
  #begin(operation: string, batch: T['batch'], options: T['options']): () => number {
    this.requireArguments(batch, options, `${this.constructor.name}.${operation}`);
    const started = performance.now();
    return () => (performance.now() - started) / 1000;
  }

  /** Keeps a fit whose summary says how long it took, wherever that was. */
  #keep(fit: T['fit'], seconds: number): T['fit']['summary'] {
    const { summary } = fit;
    this.restore({ ...fit, summary: { ...summary, runRecord: { ...summary.runRecord, seconds } } });
    return this.fitSummary;
  }
}

const abortNote = 'Training was aborted; the checkpoints are those of the epochs that it finished.';
