const { writeSync } = require('node:fs');

const LEFTOVERS_TIMEOUT_MS = 10_000;

/** Closes the output with one line that scripts can read, after everything else that jest prints. */
module.exports = class SummaryReporter {
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    // A test that left a socket, timer or process behind would keep jest alive for ever: that is a failure, said aloud.
    setTimeout(() => {
      writeSync(2, `a test left something running: still alive after ${LEFTOVERS_TIMEOUT_MS} ms\n`);
      process.exit(1);
    }, LEFTOVERS_TIMEOUT_MS).unref();
    process.once('exit', () => {
      if (results.numPendingTests > 0) writeSync(1, `skipped: ${results.numPendingTests}\n`);
      writeSync(1, `${results.numPassedTests} passed, ${failed} failed\n`);
    });
  }
};
