// PGlite in a thread of its own: it loads parts of itself with import(), which jest's sandbox does not allow.
import { parentPort } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';

const client = await PGlite.create();
parentPort.on('message', ({ id, sql, method }) => {
  client[method](sql).then(
    (answer) => {
      parentPort.postMessage({ id, answer });
    },
    (error) => {
      parentPort.postMessage({ id, message: error.message });
    },
  );
});
