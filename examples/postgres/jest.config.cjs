module.exports = { ...require('../../jest.preset.cjs'), displayName: 'example-postgres', rootDir: __dirname };
