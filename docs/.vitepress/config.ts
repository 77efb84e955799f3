import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig, type DefaultTheme } from 'vitepress';

const docs = join(import.meta.dirname, '..');

/** The title of a page is its first heading; the menu says it up to the colon. */
function title(path: string): string {
  const heading = /^# (.+)$/m.exec(readFileSync(join(docs, path), 'utf8'));
  if (!heading) throw new Error(`${path} has no heading`);
  return heading[1].replaceAll('`', '').split(':')[0];
}
const pages = (...paths: readonly string[]): DefaultTheme.SidebarItem[] =>
  paths.map((path) => ({ text: title(path), link: `/${path.replace(/\.md$/, '')}` }));
const folder = (name: string): readonly string[] =>
  readdirSync(join(docs, name), { encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .sort()
    .map((file) => `${name}/${file}`);

// In the order in which a reader meets them; a model's page that is missing here is added at the end of its family's list.
const order = [
  'pca',
  'rp-pca',
  'ipca',
  'cae',
  'forecasters',
  'sdf',
  'sae',
  'portfolio',
  'portfolio-networks',
  'lstm-portfolio',
  'deep-portfolio',
];
const place = (path: string): number => {
  const at = order.findIndex((name) => path === `models/${name}.md`);
  return at < 0 ? order.length : at;
};

export default defineConfig({
  title: 'ml4t',
  description: 'Models of asset returns for TypeScript: latent factors, discount factors, prediction, portfolios',
  cleanUrls: true,
  // A link that leads nowhere fails the build.
  ignoreDeadLinks: false,
  srcExclude: ['**/node_modules/**', 'test/**'],
  // Pages are Markdown alone: `<folder>` in a text is text, not an element.
  markdown: { html: false },
  themeConfig: {
    search: { provider: 'local' },
    outline: 'deep',
    nav: [
      { text: 'Start', link: '/getting-started/researcher' },
      { text: 'Models', link: '/models/ipca' },
      { text: 'Reference', link: '/reference/' },
    ],
    sidebar: [
      {
        text: 'Getting started',
        items: pages(
          'getting-started/researcher.md',
          'getting-started/platform.md',
          'getting-started/analyst.md',
          'coming-from-python.md',
        ),
      },
      { text: 'Models', items: pages(...[...folder('models')].sort((a, b) => place(a) - place(b))) },
      { text: 'Data and command line', items: pages('integration.md', 'cli.md', 'how-sure.md') },
      {
        text: 'How it is built',
        items: pages('architecture.md', 'benchmarks.md', 'adding-an-operation.md'),
      },
      { text: 'Decisions', collapsed: true, items: pages(...folder('decisions')) },
      {
        text: 'Reference',
        items: [
          { text: '@ml4t/core', link: '/reference/core/src' },
          ...['linalg', 'engine', 'nn', 'train', 'persist', 'simulate', 'testing'].map((name) => ({
            text: `@ml4t/core/${name}`,
            link: `/reference/core/src/${name}`,
          })),
          ...['latent-factors', 'sdf', 'sae', 'portfolio', 'features', 'integration'].map((name) => ({
            text: `@ml4t/${name}`,
            link: `/reference/${name}/src`,
          })),
        ],
      },
    ],
  },
});
