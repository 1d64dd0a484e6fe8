/** One configuration for the whole workspace: libraries are tested from source, processes from the build. */
export default {
  testMatch: [
    '<rootDir>/libs/*/test/**/*.test.ts',
    '<rootDir>/apps/*/test/**/*.test.ts',
    '<rootDir>/test/**/*.test.ts',
  ],
  modulePathIgnorePatterns: ['/dist/'],
  transform: {
    '^.+\\.[mc]?[jt]s$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
    ],
  },
  transformIgnorePatterns: ['/node_modules/(?!(@noble|fast-check|pure-rand)/)', '\\.pnp\\.[^/]+$'],
  testEnvironment: 'node',
  testEnvironmentOptions: {
    customExportConditions: ['@org/source', 'node', 'node-addons', 'require', 'default'],
  },
  reporters: ['default', '<rootDir>/tools/jest-summary-reporter.cjs'],
  testTimeout: 20_000,
  // Half of the suites wait for processes and sockets, so every core takes one.
  maxWorkers: '100%',
};
