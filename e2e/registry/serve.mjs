// A loopback npm registry: takes what is published to it and passes every other package on from upstream.
// Usage: node serve.mjs <storage folder> <upstream URL>. Prints its URL, and ends when its standard input closes, so that it
// never outlives the tests, however they end.
import { join } from 'node:path';
import { runServer } from 'verdaccio';

const [storage, upstream] = process.argv.slice(2);
const anyone = { access: '$all', publish: '$all', unpublish: '$all' };
const server = await runServer({
  self_path: join(storage, 'config.yaml'),
  storage: join(storage, 'packages'),
  auth: { htpasswd: { file: join(storage, 'htpasswd') } },
  uplinks: { upstream: { url: upstream, maxage: '1h', timeout: '600s', max_fails: 10 } },
  // Only our own packages may be published, and they are never looked up elsewhere.
  packages: { '@ml4t/*': anyone, '**': { access: '$all', proxy: 'upstream' } },
  log: { type: 'stderr', level: 'fatal' },
  max_body_size: '50mb',
  web: { enable: false },
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`));
process.stdin.on('end', () => process.exit()).resume();
