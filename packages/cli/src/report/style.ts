/** The page's style sheet. Pictures take their colours from it, so that they follow the reader's scheme. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1b1f23; --muted: #5a636c; --rule: #c9ced4; --faint: #eef1f4;
  --positive: #1f5fa8; --negative: #b3401a; --low: #c3cad2; --high: #1f5fa8;
  --s1: #1f5fa8; --s2: #b8480f; --s3: #18734f; --s4: #84479a; --s5: #836300; --s6: #b52c62; --s7: #2f7480; --s8: #626a72;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181c; --ink: #e6e9ec; --muted: #a3adb7; --rule: #454d55; --faint: #1e2429;
    --positive: #74b0f4; --negative: #f0955a; --low: #4a545e; --high: #74b0f4;
    --s1: #74b0f4; --s2: #f0955a; --s3: #5cc99c; --s4: #c79be0; --s5: #d9b44a; --s6: #f286b0; --s7: #7cc4d1; --s8: #a9b1b9;
  }
}
* { box-sizing: border-box; }
html { background: var(--paper); color: var(--ink); -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 72rem;
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif;
}
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .4rem; font-weight: 650; letter-spacing: -.01em; }
h2 { font-size: 1.2rem; margin: 2.6rem 0 .3rem; padding-top: .8rem; border-top: 1px solid var(--rule); font-weight: 650; }
h3 { font-size: .95rem; margin: 0 0 .35rem; font-weight: 650; }
p { margin: .4rem 0; max-width: 46rem; }
.facts, figcaption, .note { color: var(--muted); font-size: .86rem; line-height: 1.45; }
.facts { margin: 0; overflow-wrap: anywhere; }
.finding { font-size: 1.05rem; margin-top: 1rem; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr)); gap: 2rem 2.2rem; margin-top: 1.1rem; align-items: start; }
figure { margin: 0; min-width: 0; break-inside: avoid; }
figure svg { display: block; width: 100%; height: auto; max-width: 34rem; overflow: visible; font-size: 11.5px; color: var(--ink); }
figure svg [aria-label$="tick label"], figure svg [aria-label$="axis label"] { fill: var(--muted); }
figure svg [aria-label$="tick"], figure svg [aria-label$="grid"] { stroke: var(--rule); }
figcaption { margin-top: .45rem; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .1rem .9rem; padding: 0; margin: .35rem 0 0; font-size: .82rem; }
.legend li { display: flex; align-items: center; gap: .4rem; overflow-wrap: anywhere; }
figure .legend .swatch { width: 1.2rem; height: .25rem; flex: none; }
.scroll { overflow-x: auto; margin: .8rem 0; }
.scroll:focus-visible { outline: 2px solid var(--s1); outline-offset: 2px; }
table { border-collapse: collapse; font-size: .83rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--muted); padding-bottom: .4rem; }
/* Wraps within the screen and stays there while its table is scrolled. */
caption span { position: sticky; left: 0; display: inline-block; max-width: min(100%, calc(100vw - 2.5rem)); }
th, td { padding: .28rem .55rem; text-align: right; white-space: nowrap; }
th:first-child { text-align: left; padding-left: 0; }
thead th { border-bottom: 1px solid var(--ink); font-weight: 600; vertical-align: bottom; white-space: normal; min-width: 3.2rem; }
tbody th { font-weight: 500; }
tbody tr + tr > * { border-top: 1px solid var(--faint); }
tr.apart > * { border-top: 1px solid var(--rule) !important; font-style: italic; }
details { margin-top: .5rem; font-size: .86rem; }
summary { cursor: pointer; color: var(--muted); }
pre { overflow-x: auto; background: var(--faint); padding: .8rem; border-radius: 4px; font-size: .8rem; line-height: 1.45; }
ul.warnings { padding-left: 1.1rem; font-size: .9rem; }
footer { margin-top: 3rem; border-top: 1px solid var(--rule); padding-top: .8rem; }
@media (max-width: 30rem) { body { padding: 1.25rem 1rem 3rem; } h1 { font-size: 1.4rem; } figure svg { font-size: 12.5px; } }
@media print {
  :root {
    color-scheme: light;
    --paper: #ffffff; --ink: #000000; --muted: #444b52; --rule: #b4bac0; --faint: #eceff2;
    --positive: #1f5fa8; --negative: #b3401a; --low: #b9c1ca; --high: #1f5fa8;
    --s1: #1f5fa8; --s2: #b8480f; --s3: #18734f; --s4: #84479a; --s5: #836300; --s6: #b52c62; --s7: #2f7480; --s8: #626a72;
  }
  @page { margin: 14mm; }
  body { max-width: none; padding: 0; font-size: 9.5pt; }
  .grid { grid-template-columns: 1fr 1fr; gap: 1.2rem 1.6rem; }
  .scroll { overflow: visible; }
  table { font-size: 8pt; }
  th, td { padding: .2rem .4rem; white-space: normal; }
  h2 { break-after: avoid; }
  details.source { display: none; }
  details::details-content { content-visibility: visible; block-size: auto; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
