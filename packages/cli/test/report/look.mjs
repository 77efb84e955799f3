/* global document, getComputedStyle, innerWidth */
// Opens a report in a headless Chromium and prints, as one line of JSON, what is there to see: `node look.mjs report.html`.
// The browser is CHROME_PATH, an installed one, or the one in the npm package @sparticuz/chromium, in this order.
import { access } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const installed = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
];

async function launch() {
  const failures = [];
  const attempt = async (name, pathOf) => {
    try {
      return await chromium.launch({ executablePath: await pathOf(), args: ['--no-sandbox'], timeout: 600_000 });
    } catch (error) {
      failures.push(`${name}: ${String(error.message).split('\n')[0]}`);
      return undefined;
    }
  };
  const candidates = process.env.CHROME_PATH ? [process.env.CHROME_PATH] : installed;
  for (const executablePath of candidates) {
    const exists = await access(executablePath).then(
      () => true,
      () => false,
    );
    const browser = exists ? await attempt(executablePath, async () => executablePath) : undefined;
    if (browser) return browser;
  }
  const packaged = await attempt('@sparticuz/chromium', async () => {
    const { default: bundle } = await import('@sparticuz/chromium');
    return bundle.executablePath();
  });
  if (packaged) return packaged;
  console.log(JSON.stringify({ unavailable: failures.join('; ') }));
  process.exit(0);
}

/** Runs in the page. */
function findings() {
  const channels = (color) => {
    const [r, g, b, alpha = 1] = color.match(/[\d.]+/g).map(Number);
    return { rgb: [r, g, b], alpha };
  };
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((value) => {
      const c = value / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  };
  const paper = channels(getComputedStyle(document.documentElement).backgroundColor).rgb;
  const texts = [...document.querySelectorAll('h1, h2, h3, p, th, td, figcaption, li, summary, svg text')];
  const colorOf = (element) => {
    const computed = getComputedStyle(element);
    return channels(element.closest('svg') ? computed.fill : computed.color).rgb;
  };
  const strokes = [...document.querySelectorAll('svg [aria-label="line"], svg [aria-label="dot"]')]
    .map((mark) => getComputedStyle(mark))
    .map(({ stroke, fill }) => (stroke === 'none' ? fill : stroke))
    .filter((color) => color.startsWith('rgb('));
  return {
    width: document.documentElement.scrollWidth,
    viewport: innerWidth,
    paper,
    lowestTextContrast: Math.min(...texts.map((element) => contrast(colorOf(element), paper))),
    lowestMarkContrast: Math.min(...strokes.map((color) => contrast(channels(color).rgb, paper))),
    figures: [...document.querySelectorAll('figure')].map((figure) => ({
      title: figure.querySelector('h3').textContent,
      named: figure.querySelector('svg').getAttribute('aria-label') === figure.querySelector('svg title').textContent,
      caption: figure.querySelector('figcaption').textContent.length,
      lines: figure.querySelectorAll('svg [aria-label="line"] path').length,
      drawn: [...figure.querySelectorAll('svg [aria-label="line"] path')].filter((path) => path.getTotalLength() > 0)
        .length,
      bars: figure.querySelectorAll('svg [aria-label="bar"] rect').length,
      cells: figure.querySelectorAll('svg [aria-label="cell"] rect').length,
      dots: figure.querySelectorAll('svg [aria-label="dot"] circle').length,
      legend: figure.querySelectorAll('.legend li').length,
    })),
    tables: document.querySelectorAll('table').length,
    loaded: performance.getEntriesByType('resource').length,
  };
}

const browser = await launch();
const problems = [];
const seen = {};
for (const [name, width, colorScheme] of [
  ['light', 1280, 'light'],
  ['dark', 1280, 'dark'],
  ['telephone', 360, 'light'],
]) {
  const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
  page.on('console', (message) => problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(String(error)));
  await page.goto(pathToFileURL(process.argv[2]).href);
  seen[name] = await page.evaluate(findings);
  if (name === 'dark') {
    await page.emulateMedia({ media: 'print' });
    seen.print = await page.evaluate(findings);
  }
  await page.close();
}
await browser.close();
console.log(JSON.stringify({ problems, ...seen }));
