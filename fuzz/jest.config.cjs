const { FUZZ_SEED, FUZZ_SECONDS } = process.env;

module.exports = {
  ...require('../jest.preset.cjs'),
  displayName: 'fuzz',
  rootDir: __dirname,
  globals: {
    // The same few hundred cases in every run of the tests; as many as there is time for with `pnpm fuzz`.
    effort: FUZZ_SECONDS
      ? {
          seed: Number(FUZZ_SEED),
          numRuns: 1e9,
          interruptAfterTimeLimit: Number(FUZZ_SECONDS) * 1000,
          endOnFailure: true,
        }
      : { seed: 20261201 },
  },
  ...(FUZZ_SECONDS ? { testTimeout: Number(FUZZ_SECONDS) * 2000 + 600_000 } : {}),
};
