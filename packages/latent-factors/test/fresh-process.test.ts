import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simulateConditionalFactorPanel } from '@ml4t/core/simulate';
import {
  CAEModel,
  EWMAFactorForecaster,
  IPCAModel,
  LatentFactorForecastPipeline,
  testIntercept,
} from '../src/index.ts';

/** Runs a program against the built package, in a process of its own, and reads the JSON that it prints. */
function run(program: string, ...args: string[]): unknown {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', program, '--', ...args],
    { cwd: join(__dirname, '..'), encoding: 'utf8' },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout);
}
const panel = { seed: 5, nAssets: 40, nDates: 60, nCharacteristics: 4 };
const simulated = `
  import { simulateConditionalFactorPanel } from '@ml4t/core/simulate';
  const { batch } = simulateConditionalFactorPanel(${JSON.stringify(panel)});`;

describe('against the built package, in a fresh process', () => {
  it('a saved model gives the bits that it gave here', async () => {
    const { batch } = simulateConditionalFactorPanel(panel);
    const folder = mkdtempSync(join(tmpdir(), 'ml4t-fresh-'));
    try {
      const model = new IPCAModel({ nFactors: 2, intercept: true });
      await model.fit(batch.slice(0, 50));
      await model.save(join(folder, 'model'));
      const state = await model.extract(batch.slice(50));
      const program = `${simulated}
        import { IPCAModel } from '@ml4t/latent-factors';
        const model = await IPCAModel.load(process.argv.at(-1));
        const { betas, factorReturns } = await model.extract(batch.slice(50));
        console.log(JSON.stringify({ betas: [...betas], factorReturns: [...factorReturns] }));`;
      expect(run(program, join(folder, 'model'))).toEqual({
        betas: [...state.betas],
        factorReturns: [...state.factorReturns],
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('a saved pipeline gives the bits that it gave here, at every checkpoint', async () => {
    const { batch } = simulateConditionalFactorPanel(panel);
    const folder = mkdtempSync(join(tmpdir(), 'ml4t-fresh-'));
    try {
      const pipeline = new LatentFactorForecastPipeline({
        model: new CAEModel({ nFactors: 2, hiddenUnits: [4], nEpochs: 4, checkpointInterval: 2, ensembleSize: 2 }),
        forecaster: new EWMAFactorForecaster({ halfLife: 6 }),
      });
      await pipeline.fit(batch.slice(0, 40), { validation: batch.slice(40, 50) });
      await pipeline.save(join(folder, 'pipeline'));
      const here: number[][] = [];
      for (const checkpoint of [undefined, 'epoch-2', 'last'])
        here.push([...(await pipeline.predict(batch.slice(50), { checkpoint })).assetForecast.expectedReturns]);
      expect(here[1]).not.toEqual(here[0]);
      const program = `${simulated}
        import { LatentFactorForecastPipeline } from '@ml4t/latent-factors';
        const pipeline = await LatentFactorForecastPipeline.load(process.argv.at(-1));
        const forecasts = [];
        for (const checkpoint of [undefined, 'epoch-2', 'last'])
          forecasts.push([...(await pipeline.predict(batch.slice(50), { checkpoint })).assetForecast.expectedReturns]);
        console.log(JSON.stringify(forecasts));`;
      expect(run(program, join(folder, 'pipeline'))).toEqual(here);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('bootstrap draws do not depend on the number of worker threads', async () => {
    const { batch } = simulateConditionalFactorPanel(panel);
    const here = await testIntercept(batch, { config: { nFactors: 2 }, draws: 20, threads: 1 });
    const program = `${simulated}
      import { testIntercept } from '@ml4t/latent-factors';
      const { draws } = await testIntercept(batch, { config: { nFactors: 2 }, draws: 20, threads: 2 });
      console.log(JSON.stringify([...draws]));`;
    expect(run(program)).toEqual([...here.draws]);
  });

  it('an abort stops the workers', () => {
    const program = `${simulated}
      import { testIntercept } from '@ml4t/latent-factors';
      const controller = new AbortController();
      const onProgress = ({ phase }) => phase === 'bootstrap' && controller.abort();
      const options = { config: { nFactors: 2 }, draws: 100000, threads: 2, signal: controller.signal, onProgress };
      const outcome = await testIntercept(batch, options).then(() => 'finished', (error) => error.name);
      console.log(JSON.stringify(outcome));`;
    expect(run(program)).toBe('AbortedError');
  });

  it('forecasts are the same to the bit', async () => {
    const { batch } = simulateConditionalFactorPanel(panel);
    const pipeline = new LatentFactorForecastPipeline({ model: new IPCAModel({ nFactors: 2 }) });
    await pipeline.fit(batch.slice(0, 50));
    const { assetForecast } = await pipeline.predict(batch.slice(50));
    const program = `${simulated}
      import { IPCAModel, LatentFactorForecastPipeline } from '@ml4t/latent-factors';
      const pipeline = new LatentFactorForecastPipeline({ model: new IPCAModel({ nFactors: 2 }) });
      await pipeline.fit(batch.slice(0, 50));
      console.log(JSON.stringify([...(await pipeline.predict(batch.slice(50))).assetForecast.expectedReturns]));`;
    expect(run(program)).toEqual([...assetForecast.expectedReturns]);
  });
});
