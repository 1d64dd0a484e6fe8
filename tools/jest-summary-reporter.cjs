const { writeSync } = require('node:fs');

/** Closes the output with one line that scripts can read, after everything else that jest prints. */
module.exports = class SummaryReporter {
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    process.once('exit', () => {
      if (results.numPendingTests > 0) writeSync(1, `skipped: ${results.numPendingTests}\n`);
      writeSync(1, `${results.numPassedTests} passed, ${failed} failed\n`);
    });
  }
};
