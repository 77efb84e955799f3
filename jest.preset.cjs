// One preset for every package: swc strips the types and tests run against the sources of every package.
module.exports = {
  testEnvironment: 'node',
  // Against tests that hang, and against nothing else: on a machine whose processors ten others share, tests of seconds take
  // minutes. No test has a limit of its own.
  testTimeout: 1_800_000,
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  testEnvironmentOptions: { customExportConditions: ['@ml4t/source', 'node', 'node-addons'] },
  coverageProvider: 'v8',
  collectCoverageFrom: ['<rootDir>/src/**/*.ts'],
};
