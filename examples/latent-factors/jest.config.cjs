module.exports = { ...require('../../jest.preset.cjs'), displayName: 'example-latent-factors', rootDir: __dirname };
