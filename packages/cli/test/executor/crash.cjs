// Loaded before everything in every thread (--require): ends worker threads the way that CRASH says, some milliseconds after their start.
const { isMainThread } = require('node:worker_threads');
const [how, after] = (process.env.CRASH ?? '').split(' ');
const ways = {
  exit: () => process.exit(7),
  throw: () => {
    throw new TypeError('thrown at nobody');
  },
  memory: () => {
    const all = [];
    for (;;) all.push(new Array(1e6).fill(all.length));
  },
};
if (!isMainThread && how) setTimeout(ways[how], Number(after));
