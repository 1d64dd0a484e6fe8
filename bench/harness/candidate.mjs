/**
 * What a module of `ours/` or `peers/` gives from `createCandidate(workload, scratch, conditions)`.
 *
 * @typedef {object} Candidate
 * @property {number} unitsPerPass levels, rows or messages that a pass handles
 * @property {boolean} isAsync whether `pass` returns a promise
 * @property {() => unknown} pass the work that is timed
 * @property {() => void} [before] run before each pass, not timed
 * @property {() => void} [after] run after each pass, not timed
 * @property {(folder: string) => Promise<EvidencePart[]> | EvidencePart[]} evidence makes a pass and writes into
 *   `folder` what came out of it
 *
 * @typedef {import('./equality.mjs').EvidencePart} EvidencePart
 */
export {};
