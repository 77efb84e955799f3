import assert from 'node:assert/strict';
import { CrossSectionBatch } from '../batches/cross-section.ts';
import { PersistentPanelBatch } from '../batches/persistent-panel.ts';
import { PortfolioSequenceBatch } from '../batches/portfolio-sequence.ts';
import type { Estimator } from '../models/interfaces.ts';
import type { FitSummary } from '../results/fit-summary.ts';

/** Named figures of a fit that mean the same in every unit. */
export interface UnitFigures {
  /** In units of returns (forecasts, fitted returns, factor returns): they follow the returns, and nothing else. */
  readonly ofReturns?: Readonly<Record<string, ArrayLike<number>>>;
  /** Without a unit (exposures to normalised factors, weights, shares, ratios): they stay as they are. */
  readonly unitFree?: Readonly<Record<string, ArrayLike<number>>>;
}

/** What a model promises about one kind of unit. */
export type UnitPromise =
  | {
      /** Largest root mean square difference over the root mean square of the figure itself. */
      readonly tolerance: number;
      /** Sizes of the other unit in this one. Returns: 1e-4, 1e-2, 1e2, 1e4; characteristics: 1e-9, 1e-3, 1e3, 1e12. */
      readonly factors?: readonly number[];
    }
  | {
      /** Why the model depends on this unit, and where that is documented. The check fails once it no longer does. */
      readonly dependsBecause: string;
      /** A factor at which it shows; 1e3 where absent. */
      readonly shownAt?: number;
    };

/** The units section of the estimator contract. */
export interface UnitsUnderTest<Batch extends object, Model extends Estimator<Batch>> {
  /** What is compared after a fit on `batch`; in-sample is enough. Signs and rotations have to be taken out here. */
  readonly figures: (model: Model, batch: Batch, summary: FitSummary) => Promise<UnitFigures>;
  /** Another batch to compare on, for example one with gaps; that of the contract where absent. */
  readonly batch?: Batch;
  /** All returns in another unit (percent, basis points), with what is measured in it: costs, factor returns. */
  readonly returns: UnitPromise;
  /** One characteristic or feature at a time in another unit, then all in units of their own. Absent for a model without any. */
  readonly characteristics?: UnitPromise;
}

const RETURN_FACTORS = [1e-4, 1e-2, 1e2, 1e4];
const CHARACTERISTIC_FACTORS = [1e-9, 1e-3, 1e3, 1e12];

/** The checks of a units section by name. `fit` gives a fresh fit and its summary. */
export function unitChecks<Batch extends object, Model extends Estimator<Batch>>(
  { figures, returns, characteristics, batch }: UnitsUnderTest<Batch, Model> & { readonly batch: Batch },
  fit: (batch: Batch) => Promise<{ readonly model: Model; readonly summary: FitSummary }>,
): Record<string, () => Promise<void>> {
  const measured = async (on: Batch): Promise<UnitFigures> => {
    const { model, summary } = await fit(on);
    const found = await figures(model, on, summary);
    assert.ok(namesOf(found).length > 0, 'the units section compares no figure');
    return found;
  };
  let inOwnUnits: Promise<UnitFigures> | undefined;
  const difference = async (other: Batch, factor: number): Promise<[number, string]> => {
    inOwnUnits ??= measured(batch);
    return largestDifference(await measured(other), await inOwnUnits, factor);
  };

  const checks: Record<string, () => Promise<void>> = {};
  if ('tolerance' in returns)
    checks['says the same in every unit of returns'] = async () => {
      for (const factor of returns.factors ?? RETURN_FACTORS) {
        const [found, name] = await difference(returnsTimes(batch, factor), factor);
        assert.ok(found <= returns.tolerance, `returns x ${factor}: ${name} differs by ${found}`);
      }
    };
  else
    checks[`depends on the unit of returns: ${returns.dependsBecause}`] = async () => {
      const factor = returns.shownAt ?? 1e3;
      const [found] = await difference(returnsTimes(batch, factor), factor);
      assert.ok(found > 1e-6, `returns x ${factor} changes nothing: promise a tolerance instead`);
    };
  if (!characteristics) return checks;

  const columns = characteristicCount(batch);
  const only = (column: number, factor: number): number[] =>
    Array.from({ length: columns }, (_, j) => (j === column ? factor : 1));
  if ('tolerance' in characteristics) {
    const factors = characteristics.factors ?? CHARACTERISTIC_FACTORS;
    const assertSame = async (scales: readonly number[]): Promise<void> => {
      const [found, name] = await difference(characteristicsTimes(batch, scales), 1);
      assert.ok(
        found <= characteristics.tolerance,
        `characteristics x ${scales.join(', ')}: ${name} differs by ${found}`,
      );
    };
    checks['says the same in every unit of single characteristics'] = async () => {
      for (const [at, factor] of factors.entries()) await assertSame(only(at % columns, factor));
      await assertSame(Array.from({ length: columns }, (_, j) => factors[(j + 1) % factors.length]));
    };
  } else
    checks[`depends on units of characteristics: ${characteristics.dependsBecause}`] = async () => {
      const factor = characteristics.shownAt ?? 1e3;
      const [found] = await difference(characteristicsTimes(batch, only(0, factor)), 1);
      assert.ok(found > 1e-6, `characteristic 0 x ${factor} changes nothing: promise a tolerance instead`);
    };
  return checks;
}

/** The batch with all that is measured in units of returns multiplied by `factor`. */
export function returnsTimes<Batch extends object>(batch: Batch, factor: number): Batch {
  const times = (values: Float64Array | undefined): Float64Array | undefined => values?.map((value) => value * factor);
  if (batch instanceof CrossSectionBatch)
    return new CrossSectionBatch({
      ...batch,
      returns: times(batch.returns),
      factorReturns: times(batch.factorReturns),
    }) as unknown as Batch;
  if (batch instanceof PersistentPanelBatch)
    return changed(batch, { returns: batch.returns.map((value) => value * factor) });
  if (batch instanceof PortfolioSequenceBatch)
    return changed(batch, { forwardReturns: times(batch.forwardReturns), costs: times(batch.costs) });
  throw new TypeError('returnsTimes knows the batches of @ml4t/core');
}

/** The batch with characteristic (or feature) j multiplied by `factors[j]`. */
export function characteristicsTimes<Batch extends object>(batch: Batch, factors: readonly number[]): Batch {
  const times = <A extends Float32Array | Float64Array>(values: A): A =>
    values.map((value, at) => value * factors[at % factors.length]) as A;
  if (batch instanceof CrossSectionBatch)
    return batch.withCharacteristics(times(batch.characteristics)) as unknown as Batch;
  if (batch instanceof PortfolioSequenceBatch) return changed(batch, { features: times(batch.features) });
  throw new TypeError('characteristicsTimes knows the batches of @ml4t/core with characteristics or features');
}

function characteristicCount(batch: object): number {
  if (batch instanceof CrossSectionBatch) return batch.nCharacteristics;
  if (batch instanceof PortfolioSequenceBatch) return batch.nFeatures;
  throw new TypeError('a batch without characteristics has no units of them');
}

/** A copy of a valid batch with other values of the same shape. */
function changed<Batch extends object>(batch: object, part: object): Batch {
  const prototype = Object.getPrototypeOf(batch) as object;
  return Object.freeze(Object.assign(Object.create(prototype) as object, batch, part)) as Batch;
}

function namesOf({ ofReturns = {}, unitFree = {} }: UnitFigures): string[] {
  return [...Object.keys(ofReturns), ...Object.keys(unitFree)];
}

/** The largest relative difference of any figure, `ofReturns` divided by the factor first, and whose it is. */
function largestDifference(found: UnitFigures, expected: UnitFigures, factor: number): [number, string] {
  assert.deepEqual(namesOf(found), namesOf(expected), 'other figures in another unit');
  let worst: [number, string] = [0, ''];
  const compare = (name: string, others: ArrayLike<number>, values: ArrayLike<number>, by: number): void => {
    assert.equal(others.length, values.length, `${name} has another length in another unit`);
    let squares = 0;
    let differences = 0;
    for (let i = 0; i < values.length; i++) {
      assert.equal(Number.isNaN(others[i]), Number.isNaN(values[i]), `${name}[${i}] is known in one unit only`);
      if (Number.isNaN(values[i])) continue;
      squares += values[i] * values[i];
      differences += (others[i] / by - values[i]) * (others[i] / by - values[i]);
    }
    assert.ok(squares > 0, `${name} is zero or unknown throughout: it compares nothing`);
    const relative = Math.sqrt(differences / squares);
    if (!(relative <= worst[0])) worst = [relative, name];
  };
  for (const [name, values] of Object.entries(expected.ofReturns ?? {}))
    compare(name, found.ofReturns?.[name] ?? [], values, factor);
  for (const [name, values] of Object.entries(expected.unitFree ?? {}))
    compare(name, found.unitFree?.[name] ?? [], values, 1);
  return worst;
}
