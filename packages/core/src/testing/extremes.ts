import assert from 'node:assert/strict';
import { CrossSectionBatch } from '../batches/cross-section.ts';
import { PortfolioSequenceBatch } from '../batches/portfolio-sequence.ts';
import { Ml4tError } from '../errors.ts';
import type { Estimator } from '../models/interfaces.ts';

/** The section of the estimator contract about networks that diverge and inputs that they cannot hold. */
export interface ExtremesUnderTest<Batch extends object, Model extends Estimator<Batch>> {
  /** The model with steps that long; absent where the configuration bounds them. */
  readonly atLearningRate?: (rate: number) => Model;
  /** 'refused': numbers beyond float32 are an error that names the column. 'held': the model computes in float64 and takes them. */
  readonly beyondFloat32: 'refused' | 'held';
}

const RATES = [1, 1e3, 1e6, 1e12, 1e20, 1e30];
const BEYOND_FLOAT32 = 1e39;

/** The checks of a section by name. */
export function extremeChecks<Batch extends object, Model extends Estimator<Batch>>(
  { atLearningRate, beyondFloat32 }: ExtremesUnderTest<Batch, Model>,
  under: {
    readonly batch: Batch;
    readonly create: () => Model;
    readonly outputs: (model: Model, on: Batch) => Promise<ReadonlyMap<string, Float64Array>>;
  },
): Record<string, () => Promise<void>> {
  const { batch, create, outputs } = under;
  const sound = async (): Promise<{ model: Model; known: ReadonlyMap<string, Float64Array> }> => {
    const model = create();
    await model.fit(batch);
    return { model, known: await outputs(model, batch) };
  };
  /** Finite wherever a sound fit is. */
  const assertKnown = (
    found: ReadonlyMap<string, Float64Array>,
    known: ReadonlyMap<string, Float64Array>,
    what: string,
  ): void => {
    for (const [name, values] of known)
      values.forEach((value, at) => {
        if (Number.isFinite(value))
          assert.ok(Number.isFinite(found.get(name)?.[at]), `${what}: ${name}[${at}] is not finite`);
      });
  };
  const checks: Record<string, () => Promise<void>> = {};
  if (atLearningRate)
    checks['is an error, never a fit, when training diverges'] = async () => {
      const { known } = await sound();
      let diverged = 0;
      for (const rate of RATES) {
        const model = atLearningRate(rate);
        const error = await thrownBy(() => model.fit(batch));
        if (error === undefined) assertKnown(await outputs(model, batch), known, `learning rate ${rate}`);
        else {
          assert.ok(error instanceof Ml4tError, `learning rate ${rate}: ${String(error)}`);
          assert.equal(model.isFitted, false, `learning rate ${rate}: isFitted after the error`);
          diverged++;
        }
      }
      // Guards the check itself: with rates that all train it would prove nothing.
      assert.ok(diverged > 0, 'no learning rate made training diverge');
    };
  if (beyondFloat32 === 'refused')
    checks['refuses an input that float32 cannot hold, at the fit and later, and names it'] = async () => {
      const { model } = await sound();
      const { batch: extreme, column } = withExtreme(batch);
      for (const operation of [() => outputs(model, extreme), () => create().fit(extreme)]) {
        const error = await thrownBy(operation);
        assert.ok(error instanceof Ml4tError, `an input of ${BEYOND_FLOAT32} was taken`);
        assert.equal(error.code, 'data');
        assert.ok(error.field.includes(column), `${error.field} does not name ${column}`);
      }
    };
  else
    checks['holds inputs that float32 cannot'] = async () => {
      const { model, known } = await sound();
      assertKnown(await outputs(model, withExtreme(batch).batch), known, `an input of ${BEYOND_FLOAT32}`);
    };
  return checks;
}

/** The batch with one known characteristic (feature) far beyond float32, and the name of its column. */
function withExtreme<Batch extends object>(batch: Batch): { readonly batch: Batch; readonly column: string } {
  if (batch instanceof CrossSectionBatch) {
    const { nCharacteristics: p, nRows, returns } = batch;
    const values = Float64Array.from(batch.characteristics);
    const row = Array.from({ length: nRows }, (_, r) => r).find(
      (r) => returns?.[r] === returns?.[r] && values.subarray(r * p, (r + 1) * p).every(Number.isFinite),
    );
    assert.ok(row !== undefined, 'no row of the batch is complete');
    values[row * p + p - 1] = BEYOND_FLOAT32;
    return { batch: batch.withCharacteristics(values) as unknown as Batch, column: batch.characteristicNames[p - 1] };
  }
  if (batch instanceof PortfolioSequenceBatch) {
    const { nFeatures: f, mask } = batch;
    const features = Float64Array.from(batch.features);
    features[mask.indexOf(1) * f + f - 1] = BEYOND_FLOAT32;
    const prototype = Object.getPrototypeOf(batch) as object;
    const other = Object.freeze(Object.assign(Object.create(prototype) as object, batch, { features })) as Batch;
    return { batch: other, column: batch.featureNames[f - 1] };
  }
  throw new TypeError('the section about extremes knows batches of @ml4t/core with characteristics or features');
}

async function thrownBy(operation: () => Promise<unknown>): Promise<unknown> {
  try {
    await operation();
  } catch (error) {
    return error;
  }
  return undefined;
}
