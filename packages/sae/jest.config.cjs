module.exports = { ...require('../../jest.preset.cjs'), displayName: 'sae', rootDir: __dirname };
