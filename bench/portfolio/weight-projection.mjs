// The closest weights under gross, net and cap (and turnover), 1,000 rows of 1,000 assets: one window, its dates in order.
import { parseArgs } from 'node:util';
import { PortfolioSequenceBatch, PortfolioWeightsResult } from '@ml4t/core';
import { WeightConstraintPostprocessor } from '@ml4t/portfolio';
import { report, timed } from '../report.mjs';
import { uniform } from '../uniform.mjs';

const { values } = parseArgs({
  options: {
    gross: { type: 'string', default: 'at-most' },
    turnover: { type: 'string' },
    rows: { type: 'string', default: '1000' },
    assets: { type: 'string', default: '1000' },
    repeats: { type: 'string', default: '5' },
  },
});
const [rows, assets] = [Number(values.rows), Number(values.assets)];

const scores = uniform(rows * assets, 1).map((u) => 0.01 * u);
const batch = new PortfolioSequenceBatch({
  features: new Float64Array(rows * assets),
  shape: [1, rows, assets, 1],
  timestamps: Array.from({ length: rows }, (_, t) => Date.UTC(2000, 0, 1 + t)),
});
const weights = new PortfolioWeightsResult(batch, scores);
const constrain = new WeightConstraintPostprocessor({
  grossExposure: 1,
  netExposure: 0.2,
  maxAbsWeight: 0.01,
  gross: /** @type {'at-most' | 'exact'} */ (values.gross),
  scaling: 'none',
  turnoverLimit: values.turnover === undefined ? null : Number(values.turnover),
  turnoverPolicy: 'least',
});
let projected;
const seconds = await timed(() => (projected = constrain.transform(batch, weights).weights), {
  repeats: Number(values.repeats),
});
const first = projected.subarray(0, assets);
const distance = Math.sqrt(first.reduce((sum, w, i) => sum + (w - scores[i]) ** 2, 0));
report({
  seconds: seconds.map((s) => (s * 1000) / rows),
  quality: { distanceOfFirstRow: distance, net: first.reduce((a, b) => a + b, 0) },
});
