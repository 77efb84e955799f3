const { availableParallelism } = require('node:os');

module.exports = {
  ...require('../jest.preset.cjs'),
  displayName: 'e2e',
  rootDir: __dirname,
  globalSetup: '<rootDir>/registry/start.ts',
  globalTeardown: '<rootDir>/registry/stop.ts',
  // Installs wait for the network and for each other, and this suite is the last to run: two at least side by side.
  maxWorkers: Math.max(2, availableParallelism() - 1),
};
