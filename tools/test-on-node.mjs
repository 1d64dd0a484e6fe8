#!/usr/bin/env node
// Runs the tests on other Node versions: `node tools/test-on-node.mjs 22 24`. The build and the installed packages are
// those of the working tree; only the Node that runs them changes.
import { spawnSync } from 'node:child_process';

const versions = process.argv.slice(2);
if (versions.length === 0) {
  console.error('usage: node tools/test-on-node.mjs 22 24');
  process.exit(2);
}
let failed = 0;
for (const version of versions) {
  console.log(`\n== Node ${version}`);
  // npx puts that Node first in PATH, so jest and every process it starts run on it.
  const { status } = spawnSync(
    'npx',
    ['--yes', '-p', `node@${version}`, 'sh', '-c', 'node --version && npm test'],
    {
      stdio: 'inherit',
    },
  );
  if (status !== 0) failed++;
}
process.exit(failed === 0 ? 0 : 1);
