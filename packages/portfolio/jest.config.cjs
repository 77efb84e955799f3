module.exports = { ...require('../../jest.preset.cjs'), displayName: 'portfolio', rootDir: __dirname };
