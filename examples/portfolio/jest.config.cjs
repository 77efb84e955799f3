module.exports = { ...require('../../jest.preset.cjs'), displayName: 'example-portfolio', rootDir: __dirname };
