import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';

const CHUNK_BYTES = 1024 * 1024;
const LF = 0x0a;

/**
 * @typedef {object} EvidencePart One file that a candidate wrote to show what it computed.
 * @property {string} name relative to the folder of its evidence
 * @property {string} record what a record of it is, for the report
 * @property {number} [recordBytes] size of a record; left out where a record is a line
 * @property {number} [recordsApart] how many messages lie between two records, default 1
 *
 * @typedef {object} Difference
 * @property {string} part
 * @property {string} problem
 * @property {number} [soundMessages] messages before the first difference, where that can be told
 */

/**
 * Compares what two candidates computed, byte for byte.
 *
 * @param {{ folder: string, parts: readonly EvidencePart[] }} ours
 * @param {{ folder: string, parts: readonly EvidencePart[] }} peer
 * @returns {Difference[]} empty when all is equal
 */
export function differences(ours, peer) {
  const names = ours.parts.map(({ name }) => name);
  const peerNames = peer.parts.map(({ name }) => name);
  if (names.join('\n') !== peerNames.join('\n')) {
    const problem = `expected ${names.join(', ')}, was ${peerNames.join(', ')}`;
    return [{ part: 'evidence', problem, soundMessages: 0 }];
  }
  return ours.parts.flatMap((part) => {
    const first = firstDifference(join(ours.folder, part.name), join(peer.folder, part.name));
    return first === undefined ? [] : [describe(part, first)];
  });
}

/**
 * @param {EvidencePart} part
 * @param {{ offset: number, linesBefore: number }} first
 * @returns {Difference}
 */
function describe({ name, record, recordBytes, recordsApart = 1 }, { offset, linesBefore }) {
  const index = recordBytes === undefined ? linesBefore : Math.floor(offset / recordBytes) * recordsApart;
  const difference = { part: name, problem: `differs at ${record} ${index + 1}` };
  return record === 'message' ? { ...difference, soundMessages: index } : difference;
}

/**
 * Where two files begin to differ, a shorter file at its end; undefined when they are equal.
 *
 * @param {string} pathA
 * @param {string} pathB
 * @returns {{ offset: number, linesBefore: number } | undefined}
 */
function firstDifference(pathA, pathB) {
  const [a, b] = [openSync(pathA, 'r'), openSync(pathB, 'r')];
  const [chunkA, chunkB] = [Buffer.alloc(CHUNK_BYTES), Buffer.alloc(CHUNK_BYTES)];
  const size = Math.max(fstatSync(a).size, fstatSync(b).size);
  let linesBefore = 0;
  try {
    for (let offset = 0; offset < size; offset += CHUNK_BYTES) {
      const readA = chunkA.subarray(0, readSync(a, chunkA, 0, CHUNK_BYTES, offset));
      const readB = chunkB.subarray(0, readSync(b, chunkB, 0, CHUNK_BYTES, offset));
      const same = readA.equals(readB) ? readA.length : commonLength(readA, readB);
      linesBefore += lineCount(readA.subarray(0, same));
      if (same < Math.max(readA.length, readB.length)) return { offset: offset + same, linesBefore };
    }
    return undefined;
  } finally {
    closeSync(a);
    closeSync(b);
  }
}

/**
 * @param {Buffer} a
 * @param {Buffer} b
 */
function commonLength(a, b) {
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at++;
  return at;
}

/** @param {Buffer} bytes */
function lineCount(bytes) {
  let lines = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) lines++;
  return lines;
}
