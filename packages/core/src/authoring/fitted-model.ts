import { deepFreeze } from '../config.ts';
import { NotFittedError } from '../errors.ts';
import { saveArtifact, type ArtifactContent } from '../persist/index.ts';
import type { FitSummary } from '../results/fit-summary.ts';

/** What any fit keeps beside what the model estimates. */
export interface ModelFit {
  readonly summary: FitSummary;
}

/** A model with a fit or without one: what all estimators do alike, however they come to theirs. */
export abstract class FittedModel<Fit extends ModelFit> {
  abstract readonly modelType: string;
  /** Frozen and JSON-serialisable. */
  abstract readonly config: object;
  /** Version of the package that the model is in. */
  protected abstract readonly packageVersion: string;
  /** Of what `contentOf` gives; an artifact of a later one is refused by name. */
  protected readonly formatVersion: number = 1;
  /** Of the batches that it takes. */
  protected readonly batchKind: string | undefined = undefined;
  /** Names of the options of `fit` that are its own. */
  protected readonly ownFitOptions: readonly string[] = [];
  #fit: Fit | undefined;

  /** What an artifact holds beside the configuration and the summary. */
  protected abstract contentOf(fit: Fit): Pick<ArtifactContent, 'state' | 'arrays'>;

  get isFitted(): boolean {
    return this.#fit !== undefined;
  }

  /** What the last fit said of itself. Throws NotFittedError. */
  get fitSummary(): Fit['summary'] {
    return this.requireFit('fitSummary').summary;
  }

  /** Writes the configuration, everything estimated and the fit summary as one artifact, atomically. Throws NotFittedError. */
  async save(path: string): Promise<void> {
    const fit = this.requireFit('save');
    const { modelType, formatVersion, packageVersion, config } = this;
    await saveArtifact(path, {
      modelType,
      formatVersion,
      packageVersion,
      config,
      record: fit.summary,
      ...this.contentOf(fit),
    });
  }

  /** Takes a fit: a new one, or one that an artifact held. Freezes its objects and lists; its typed arrays are to be handed out as copies. */
  protected restore(fit: Fit): void {
    this.#fit = deepFreeze(fit);
  }

  /** The fit, if there is one: what a refit may start from. */
  protected earlierFit(): Fit | undefined {
    return this.#fit;
  }

  /** The fit, or a NotFittedError that names the operation. */
  protected requireFit(operation: string): Fit {
    if (!this.#fit) throw new NotFittedError(this.constructor.name, operation);
    return this.#fit;
  }
}
