import { availableParallelism } from 'node:os';

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
  // Tests run in a context of their own, in which every look at a global is slow: these are looked up once a file.
  // A name that some module declares itself, as asn1js does `Set`, cannot be among them.
  sandboxInjectedGlobals: [
    'Array', 'BigInt', 'Buffer', 'Error', 'Float64Array', 'Int32Array', 'JSON', 'Map', 'Math', 'Number', 'Object', 'String',
    'Uint8Array', 'Uint32Array',
  ], // prettier-ignore
  globalSetup: '<rootDir>/tools/jest-memory-folder.mjs',
  testSequencer: '<rootDir>/tools/jest-sequencer.cjs',
  reporters: ['default', '<rootDir>/tools/jest-summary-reporter.cjs'],
  testTimeout: 60_000,
  // Many suites wait for processes and sockets most of their time, so there are more of them at work than cores.
  maxWorkers: availableParallelism() * 2,
};
