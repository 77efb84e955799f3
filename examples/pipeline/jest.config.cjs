module.exports = { ...require('../../jest.preset.cjs'), displayName: 'example-pipeline', rootDir: __dirname };
