module.exports = { ...require('../../jest.preset.cjs'), displayName: 'example-sae', rootDir: __dirname };
