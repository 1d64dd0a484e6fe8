import { FrameFields, scanDepthSnapshot, scanFrame, SLOT } from '@org/binance-wire';
import { captureFiles, readCapture } from '@org/storage';

/**
 * @typedef {object} DepthEvent A frame or a REST snapshot as it was received.
 * @property {'snapshot' | 'diff'} type
 * @property {number} receivedAtUs
 * @property {Buffer} bytes
 * @property {number} levels
 *
 * @typedef {object} SymbolEvents The snapshot first, then every diff that it does not cover, in order of receipt.
 * @property {string} symbol
 * @property {DepthEvent[]} events
 * @property {number} levels
 */

const NS_PER_US = 1000n;
/** Diffs and partial books have the same keys; only the stream's name tells them apart. */
const DIFF_STREAM = /^[^@]*@depth(?:@\d+ms)?$/u;

/**
 * The depth of every symbol in a folder of captures. Only the first snapshot of a symbol counts: every candidate does
 * the same work on it, and none has to know when a snapshot may join.
 *
 * @param {string} folder of captures, `<symbol>_<YYYYMMDD>.gz`
 * @returns {Promise<SymbolEvents[]>}
 */
export async function readDepthEvents(folder) {
  const bySymbol = new Map();
  for (const { symbol, path } of await captureFiles(folder)) {
    const depth = bySymbol.get(symbol) ?? new SymbolDepth();
    bySymbol.set(symbol, depth);
    for await (const { receivedAtNs, bytes } of readCapture(path)) {
      depth.add(bytes, Number(receivedAtNs / NS_PER_US));
    }
  }
  return [...bySymbol].flatMap(([symbol, depth]) => {
    const events = depth.events();
    const levels = events.reduce((sum, event) => sum + event.levels, 0);
    return levels === 0 ? [] : [{ symbol, events, levels }];
  });
}

/** Collects the depth messages of one symbol. */
class SymbolDepth {
  #fields = new FrameFields();
  #snapshot;
  #lastUpdateId = -1;
  #diffs = [];

  add(bytes, receivedAtUs) {
    const fields = this.#fields;
    if (bytes.indexOf('"lastUpdateId"') === 1) {
      if (this.#snapshot !== undefined) return;
      scanDepthSnapshot(bytes, fields);
      this.#snapshot = depthEvent('snapshot', bytes, receivedAtUs, fields);
      this.#lastUpdateId = fields.integer(SLOT.lastUpdateId);
    } else if (scanFrame(bytes, fields) === 'depthUpdate' && DIFF_STREAM.test(fields.streamText())) {
      const event = depthEvent('diff', bytes, receivedAtUs, fields);
      this.#diffs.push({ event, isChained: fields.has(SLOT.pu), u: fields.integer(SLOT.u) });
    }
  }

  events() {
    // Futures count a diff up to the snapshot's own id as the first one, spot only one beyond it.
    const diffs = this.#diffs.filter(({ isChained, u }) => u >= this.#lastUpdateId + (isChained ? 0 : 1));
    const kept = diffs.map(({ event }) => event);
    return this.#snapshot === undefined ? kept : [this.#snapshot, ...kept];
  }
}

function depthEvent(type, bytes, receivedAtUs, { bidCount, askCount }) {
  return { type, receivedAtUs, bytes: Buffer.from(bytes), levels: bidCount + askCount };
}
