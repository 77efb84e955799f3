import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { escapeHtml } from './html.ts';
import { number } from './numbers.ts';
import type { Series } from './series.ts';

/** Narrow enough to be read on a telephone, where a picture takes the whole width. */
const WIDTH = 440;
const HEIGHT = 250;

export interface Axis {
  readonly label: string;
  /** A format of the platform's numbers: `percent` multiplies by 100. */
  readonly unit?: 'percent' | undefined;
}

/** Values over time, one line per series, broken where a value is missing. */
export function lineChart(
  title: string,
  series: readonly Series[],
  y: Axis,
  options: { readonly height?: number } = {},
): string {
  const points = series.flatMap(({ name, timestamps, values }) =>
    timestamps.map((timestamp, t) => ({ name, date: new Date(timestamp), value: values[t] })),
  );
  const lineOf = ({ name, color, dashed }: Series): Plot.Markish =>
    Plot.lineY(
      points.filter((point) => point.name === name),
      {
        x: 'date',
        y: (point: { readonly value: number | null }) => point.value ?? Number.NaN,
        stroke: color,
        strokeWidth: dashed ? 1.75 : 1.5,
        ...(dashed ? { strokeDasharray: '5,4' } : {}),
        ariaDescription: name,
      },
    );
  return render(title, {
    height: options.height ?? HEIGHT,
    x: { type: 'utc', label: null },
    y: axisOf(y),
    marks: [Plot.ruleY([0], { stroke: 'var(--rule)' }), ...series.map(lineOf)],
  });
}

/** Cumulative returns of portfolios sorted by forecast, from the lowest decile (faint) to the highest. */
export function decileChart(
  title: string,
  timestamps: readonly number[],
  cumulated: readonly (readonly number[])[],
  y: Axis,
): string {
  const last = cumulated.length - 1;
  const series = cumulated.map((values, decile) => ({
    name: `decile ${decile + 1}`,
    color: `color-mix(in oklab, var(--high) ${Math.round((100 * decile) / last)}%, var(--low))`,
    timestamps,
    values,
  }));
  const ends = [0, last].map((decile) => ({
    date: new Date(timestamps[timestamps.length - 1]),
    value: cumulated[decile][timestamps.length - 1],
    text: decile === 0 ? 'lowest' : 'highest',
    color: series[decile].color,
  }));
  const points = series.flatMap(({ name, values }) =>
    timestamps.map((timestamp, t) => ({ name, date: new Date(timestamp), value: values[t] })),
  );
  return render(title, {
    marginRight: 52,
    x: { type: 'utc', label: null },
    y: axisOf(y),
    marks: [
      Plot.ruleY([0], { stroke: 'var(--rule)' }),
      ...series.map(({ name, color }, decile) =>
        Plot.lineY(
          points.filter((point) => point.name === name),
          {
            x: 'date',
            y: 'value',
            stroke: color,
            strokeWidth: decile === 0 || decile === last ? 2 : 1,
            ariaDescription: name,
          },
        ),
      ),
      ...ends.map((end) =>
        Plot.text([end], { x: 'date', y: 'value', text: 'text', fill: 'currentColor', textAnchor: 'start', dx: 5 }),
      ),
    ],
  });
}

export interface Interval {
  readonly group: string;
  readonly name: string;
  readonly color: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Values with their intervals, one row each, grouped by model. */
export function intervalChart(title: string, intervals: readonly Interval[], x: Axis): string {
  // A row is named by model and factor: names of factors repeat.
  const rows = intervals.map((interval) => ({ ...interval, row: `${interval.group} ${interval.name}` }));
  return render(title, {
    height: 62 + 18 * rows.length,
    marginLeft: Math.min(190, 16 + 6.6 * Math.max(...rows.map(({ row }) => row.length))),
    marginBottom: 42,
    x: { ...axisOf(x), grid: true },
    y: { type: 'band', domain: rows.map(({ row }) => row), label: null, tickSize: 0 },
    marks: [
      Plot.ruleX([0], { stroke: 'var(--rule)' }),
      ...rows.flatMap((row) => [
        Plot.ruleY([row], { y: 'row', x1: 'low', x2: 'high', stroke: row.color, strokeWidth: 1.5 }),
        Plot.dot([row], { y: 'row', x: 'value', fill: row.color, r: 3.5 }),
      ]),
    ],
  });
}

export interface Bar {
  readonly name: string;
  readonly value: number;
}

/** Bars from zero, in the order given. */
export function barChart(title: string, bars: readonly Bar[], x: Axis, color: string): string {
  return render(title, {
    height: 62 + 16 * bars.length,
    marginLeft: Math.min(170, 14 + 6.6 * Math.max(...bars.map(({ name }) => name.length))),
    marginBottom: 42,
    x: { ...axisOf(x), grid: true },
    y: { type: 'band', domain: bars.map(({ name }) => name), label: null, tickSize: 0 },
    marks: [
      Plot.barX(bars, { y: 'name', x: 'value', fill: color, insetTop: 1, insetBottom: 1 }),
      Plot.ruleX([0], { stroke: 'var(--rule)' }),
    ],
  });
}

export interface HeatMapTable {
  readonly rowNames: readonly string[];
  readonly columnNames: readonly string[];
  /** (rows x columns), row-major. */
  readonly values: readonly (number | null)[];
}

/** A signed table as colours around zero, the numbers in the cells. */
export function heatMap(title: string, { rowNames, columnNames, values }: HeatMapTable): string {
  const largest = Math.max(...values.map((value) => Math.abs(value ?? 0)), Number.MIN_VALUE);
  const cells = rowNames.flatMap((row, i) =>
    columnNames.map((column, j) => {
      const value = values[i * columnNames.length + j];
      const strength = Math.round((55 * Math.abs(value ?? 0)) / largest);
      const color = `color-mix(in oklab, ${(value ?? 0) < 0 ? 'var(--negative)' : 'var(--positive)'} ${strength}%, var(--paper))`;
      return { row, column, color, text: number(value) };
    }),
  );
  return render(title, {
    height: 30 + 17 * rowNames.length,
    marginTop: 22,
    marginBottom: 8,
    marginLeft: Math.min(170, 14 + 6.6 * Math.max(...rowNames.map((name) => name.length))),
    x: { axis: 'top', label: null, domain: columnNames, tickSize: 0, padding: 0.03 },
    y: { label: null, domain: rowNames, tickSize: 0, padding: 0.05 },
    marks: [
      Plot.cell(cells, { x: 'column', y: 'row', fill: { value: 'color', scale: null }, inset: 0.5 }),
      Plot.text(cells, { x: 'column', y: 'row', text: 'text', fill: 'currentColor' }),
    ],
  });
}

export interface Curve {
  readonly color: string;
  readonly dashed: boolean;
  readonly steps: readonly number[];
  readonly values: readonly number[];
}

/** Training metrics against steps. */
export function curveChart(title: string, curves: readonly Curve[], x: Axis, y: Axis): string {
  return render(title, {
    marginBottom: 42,
    x: axisOf(x),
    y: { ...axisOf(y), zero: false, nice: true },
    marks: curves.map(({ color, dashed, steps, values }) =>
      Plot.lineY(
        steps.map((step, i) => ({ step, value: values[i] })),
        { x: 'step', y: 'value', stroke: color, strokeWidth: 1.5, ...(dashed ? { strokeDasharray: '5,4' } : {}) },
      ),
    ),
  });
}

/** Values against a common x, one line per series. */
export function profileChart(
  title: string,
  xs: readonly number[],
  series: readonly Pick<Series, 'name' | 'color' | 'dashed' | 'values'>[],
  x: Axis,
  y: Axis,
): string {
  return render(title, {
    marginBottom: 42,
    x: axisOf(x),
    y: axisOf(y),
    marks: [
      Plot.ruleY([0], { stroke: 'var(--rule)' }),
      ...series.map(({ name, color, dashed, values }) =>
        Plot.lineY(
          xs.map((at, i) => ({ at, value: values[i] ?? Number.NaN })),
          { x: 'at', y: 'value', stroke: color, ariaDescription: name, ...(dashed ? { strokeDasharray: '5,4' } : {}) },
        ),
      ),
    ],
  });
}

function axisOf({ label, unit }: Axis): Plot.ScaleOptions {
  // Without the arrow that Plot puts before a label: the captions say which way is up.
  return { label, labelArrow: 'none', ...(unit === 'percent' ? { percent: true } : {}) };
}

/** Draws without a browser, and names the picture for those who cannot see it. */
function render(title: string, options: Plot.PlotOptions): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg = Plot.plot({
    // linkedom's document does all that Plot asks of one.
    document,
    width: WIDTH,
    height: HEIGHT,
    marginLeft: 46,
    marginBottom: 30,
    ...options,
  });
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', title);
  return (
    svg.outerHTML
      // One style sheet for the page serves better than one in each picture.
      .replace(/<style>[^]*?<\/style>/, `<title>${escapeHtml(title)}</title>`)
  );
}
