import base from './jest.config.mjs';

/** The long forms of the fault tests: `npm run soak`, or one of them with `npm run soak -- -t "<name>"`. */
export default {
  ...base,
  testMatch: ['<rootDir>/apps/*/test/**/*.soak.ts', '<rootDir>/libs/*/test/**/*.soak.ts'],
  testTimeout: 1_800_000,
  // The figures are those of a machine that does one thing at a time.
  maxWorkers: 1,
};
