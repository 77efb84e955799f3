// profile kernels of SAE epoch with threads=1
const O = WebAssembly.Instance;
const acc = new Map();
WebAssembly.Instance = function (m, i) {
  const inst = new O(m, i);
  const ex = {};
  for (const [k, f] of Object.entries(inst.exports)) {
    if (typeof f !== 'function') { ex[k] = f; continue; }
    ex[k] = (...a) => {
      const t = performance.now(); const r = f(...a); const d = performance.now() - t;
      let key = k;
      if (k === 'linear') key += ` K${a[4]} N${a[8]} code${a[9]}`;
      if (k === 'linearGradient') key += ` K${a[4]} N${a[7]} mode${a[8]} ${a[13]<0?'nodx':''}`;
      if (k.startsWith('normAct')) key += ` N${a[4]} code${k==='normActivate'?a[9]:a[10]} rate${k==='normActivate'?a[10]:a[11]}`;
      let muls = 0; const rows = a[2]-a[1];
      if (k === 'linear') muls = rows * a[4] * a[8];
      if (k === 'linearGradient') muls = rows * a[4] * a[7] + (a[13] < 0 ? 0 : rows * a[7] * a[14]);
      const e = acc.get(key) ?? { ms: 0, n: 0, muls: 0 }; e.ms += d; e.n++; e.muls += muls; acc.set(key, e); return r;
    };
  }
  return { exports: ex };
};
const { CrossSectionBatch, PanelIndex } = await import('@ml4t/core');
const { SAEModel } = await import('@ml4t/sae');
const { uniform } = await import(process.cwd() + '/uniform.mjs');
const dates = +(process.argv[2] ?? 8), assets = 1000, inputs = 94, rows = dates * assets;
const characteristics = uniform(rows * inputs, 1), returns = uniform(rows, 2);
const batch = new CrossSectionBatch({ index: PanelIndex.full(Float64Array.from({ length: dates }, (_, t) => t * 864e5), Array.from({ length: assets }, (_, i) => `a${i}`)), characteristicNames: Array.from({ length: inputs }, (_, j) => `c${j}`), characteristics, returns });
const model = new SAEModel({ nEpochs: 4, batchSize: 4096, validationShare: 0, engine: process.env.ENGINE ?? 'embedded', threads: +(process.env.THREADS ?? 1) });
const marks = [[performance.now(), new Map()]];
const snap = () => new Map([...acc].map(([k, v]) => [k, { ...v }]));
const s = await model.fit(batch, { onProgress: () => marks.push([performance.now(), snap()]) });
console.log(s.runRecord.engine);
// best epoch of the last 3
let best = 2; for (let i = 2; i < marks.length; i++) if (marks[i][0] - marks[i-1][0] < marks[best][0] - marks[best-1][0]) best = i;
const wall = marks[best][0] - marks[best-1][0];
let sum = 0; const out = [];
for (const [k, v] of marks[best][1]) { const b = marks[best-1][1].get(k) ?? { ms: 0, n: 0, muls: 0 }; const ms = v.ms - b.ms; sum += ms; out.push([k, ms, v.n - b.n, (v.muls - b.muls)]); }
out.sort((a, b) => b[1] - a[1]);
for (const [k, ms, n, m] of out.slice(0, +(process.env.TOP ?? 30))) console.log(k.padEnd(44), ms.toFixed(1).padStart(8), String(n).padStart(6), m ? (m / ms / 1e6).toFixed(1) + ' Gmul/s' : '');
console.log('sum', sum.toFixed(1), 'wall', wall.toFixed(1));
