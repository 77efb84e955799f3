module.exports = {
  ...require('../jest.preset.cjs'),
  displayName: 'e2e',
  rootDir: __dirname,
  globalSetup: '<rootDir>/registry/start.ts',
  globalTeardown: '<rootDir>/registry/stop.ts',
  // Installs wait for the network and for each other.
  testTimeout: 600_000,
};
