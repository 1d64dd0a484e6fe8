const Sequencer = require('@jest/test-sequencer').default;

/** How many other suites follow each suite of processes until those have all begun. */
const OTHERS_BETWEEN = 4;

/**
 * Suites that start processes wait most of their time, the others calculate all of it. Side by side they fill the cores;
 * all of one kind at once would leave the cores idle, or make the processes late. Each kind comes longest first, and
 * the last to begin are short.
 */
module.exports = class MixingSequencer extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    const isOfProcesses = ({ path }) => path.endsWith('.process.test.ts');
    const others = sorted.filter((test) => !isOfProcesses(test));
    const mixed = sorted.filter(isOfProcesses).flatMap((test) => [test, ...others.splice(0, OTHERS_BETWEEN)]);
    return [...mixed, ...others];
  }
};
