// What fused.test.ts runs in a process of its own, where relaxed SIMD is switched on.
const preset = require('../../../../../jest.preset.cjs');

module.exports = {
  ...preset,
  displayName: 'core, fused',
  rootDir: require('node:path').join(__dirname, '..', '..', '..'),
  testMatch: ['<rootDir>/test/engine/fused/*.check.ts', '<rootDir>/test/engine/wasm.test.ts'],
};
