module.exports = { ...require('../../jest.preset.cjs'), displayName: 'sdf', rootDir: __dirname };
