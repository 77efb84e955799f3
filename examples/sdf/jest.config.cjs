module.exports = { ...require('../../jest.preset.cjs'), displayName: 'example-sdf', rootDir: __dirname };
