// The demonstration behind `npm start`: the `ml4t` command on a simulated panel, nothing else.
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { root, since } from './workspace.mjs';

const command = join(root, 'packages', 'cli', 'dist', 'main.js');
const folder = join('output', 'demo');
if (!existsSync(command)) {
  console.error('demo: the packages are not built; run `npm start`, or `node tools/setup.mjs` first.');
  process.exit(1);
}

mkdirSync(join(root, folder), { recursive: true });
copyFileSync(join(root, 'packages', 'cli', 'experiments', 'four-families.yaml'), join(root, folder, 'experiment.yaml'));

const start = performance.now();
console.log(`
A panel of 150 assets, 180 dates and 20 characteristics is simulated. Three of the characteristics drive the exposures
to three factors; the rest is noise. Four families of models see it only up to the date of each forecast: latent
factors, a stochastic discount factor, direct forecasts, and a portfolio trained end to end. The networks are small and
trained for a minute: this shows what they do, not how well they can do it.
`);
await ml4t('simulate', '--seed', '2', '--assets', '150', '--characteristics', '20', '--output', folder);
console.log();
await ml4t('run', join(folder, 'experiment.yaml'), '--fresh');
console.log(`
Total R2 is the share of returns explained with the factor returns realised after each date. A model fits those to the
test returns, so it can pass the oracle, which takes the true ones. Predictive R2 is the share forecast beforehand: the
oracle's, from the true exposures and premia, is the most that can be expected. Exposures that move with characteristics
are out of reach for PCA, whose loadings are fixed. Managed total R2 is that of portfolios formed on the characteristics,
whose noise cancels out. Rank IC is the rank correlation of forecasts and returns. The portfolio (SR is a Sharpe ratio)
is long the best and short the worst decile of the forecasts, or what the model itself holds; the tangency portfolio is
the mix of a model's factors that was best on the training dates. Sixty dates are few: Sharpe ratios have a standard
error of 0.13.

Open in a browser
  ${join(root, folder, 'results', 'report.html')}

Read anywhere
${described('panel.parquet', 'the panel, with truth.parquet and factors.parquet beside it')}
${described('results/predictions.parquet', 'a forecast and the return that followed, per model, date and asset')}
${described('results/weights.parquet', 'what the portfolio model held')}
${described('results/factors.parquet', 'factor returns and the premia expected of them')}
${described('results/summary.json', 'every fold of every model')}

Try next
  edit ${join(folder, 'experiment.yaml')}, then: node packages/cli/dist/main.js run ${join(folder, 'experiment.yaml')}
  point its data section at a file of your own: docs/cli.md has every key

Done in ${since(start)}.
`);

/** A file of the demonstration and what it holds, in two columns. */
function described(file, content) {
  return `  ${join(folder, file).padEnd(45)}${content}`;
}

/** Runs one command of the built CLI; ends the demonstration with its exit code when it fails. */
function ml4t(...args) {
  console.log(`$ ml4t ${args.join(' ')}`);
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [command, ...args], { cwd: root, stdio: 'inherit' });
    // Ctrl-C reaches the child as well: it keeps its finished work and says so before this process ends.
    process.on('SIGINT', () => undefined);
    child.on('close', (code) => (code === 0 ? resolve() : process.exit(code ?? 1)));
  });
}
