import { it } from '@jest/globals';
import { RowProjection } from '../../src/projection/project-weights.ts';
import { leastTurnover } from '../../src/projection/least-turnover.ts';
import { slowProjection, slowExactGross } from './slow-projection.ts';

function rng(seed: number) { let s = seed; return () => { s = (s * 1664525 + 1013904223) % 4294967296; return s / 4294967296; }; }
it('try', () => {
  const r = rng(7);
  let worst = 0, worstT = 0, worstE = 0, infeasible = 0, binding = 0;
  for (let trial = 0; trial < 400; trial++) {
    const n = 2 + Math.floor(r() * 6);
    const v = Array.from({ length: n }, () => (r() - 0.5) * 3);
    const held = Array.from({ length: n }, () => (r() - 0.5));
    const net = Math.round((r() - 0.5) * 4) / 4, gross = Math.abs(net) + r() * 1.5 + .05, cap = Math.max(Math.abs(net) / n * 1.05, r() * 0.6);
    const base = { grossExposure: gross, netExposure: net, maxAbsWeight: cap, gross: 'at-most' as const, scaling: 'none' as const, turnoverPolicy: 'strict' as const };
    const w = new Float64Array(n);
    const ones = new Uint8Array(n).fill(1);
    const bad = new RowProjection(n, { ...base, turnoverLimit: null }).project(Float64Array.from(v), ones, Float64Array.from(held), w);
    if (bad) { console.log(bad); continue; }
    const slow = slowProjection(v, { gross, net, cap });
    worst = Math.max(worst, ...slow.map((x, i) => Math.abs(x - w[i])));
    const least = leastTurnover(Float64Array.from(held), n, base);
    const tau = least + r() * r() * 0.8;
    const bad2 = new RowProjection(n, { ...base, turnoverLimit: tau }).project(Float64Array.from(v), ones, Float64Array.from(held), w);
    if (bad2) { infeasible++; continue; }
    const slowT = slowProjection(v, { gross, net, cap, held, budget: tau }, 60000);
    const d = Math.max(...slowT.map((x, i) => Math.abs(x - w[i])));
    if (d > 1e-5) console.log(d, n, tau - least, [...w], slowT);
    worstT = Math.max(worstT, d);
    if (trial < 200) {
    const bad3 = new RowProjection(n, { ...base, gross: 'exact', turnoverLimit: null }).project(Float64Array.from(v), ones, Float64Array.from(held), w);
    const slowE = slowExactGross(v, gross, net, cap);
    if (bad3 || slowE.length === 0) { if (!(bad3 && slowE.length === 0)) console.log('disagree', bad3, slowE, n, cap, gross, net); continue; }
    const dist = (x: ArrayLike<number>) => v.reduce((s, y, i) => s + (y - x[i]) ** 2, 0);
    worstE = Math.max(worstE, Math.abs(dist(w) - dist(slowE)));
    }
  }
  console.log({ worst, worstT, worstE, infeasible });
});
