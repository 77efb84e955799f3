// Native libraries and files: on a busy machine a test may wait long for its turn, so the limit only catches hanging ones.
module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'integration',
  rootDir: __dirname,
  testTimeout: 120_000,
};
