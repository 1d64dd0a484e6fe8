/**
 * @typedef {object} ParsedMessage A depth message with its prices and quantities as the exchange wrote them.
 * @property {'snapshot' | 'diff'} type
 * @property {[string, string][]} bids
 * @property {[string, string][]} asks
 */

/**
 * @param {import('./captures.mjs').DepthEvent} event
 * @returns {ParsedMessage}
 */
export function parseLevels({ type, bytes }) {
  const json = JSON.parse(bytes.toString());
  const { b: bids, a: asks } = json.data ?? json;
  return type === 'snapshot' ? { type, bids: json.bids, asks: json.asks } : { type, bids, asks };
}

/** The decimals that the prices and quantities of a symbol need. */
export function decimalsOf(messages) {
  let price = 0;
  let quantity = 0;
  for (const { bids, asks } of messages) {
    for (const side of [bids, asks]) {
      for (const level of side) {
        price = Math.max(price, decimalsNeeded(level[0]));
        quantity = Math.max(quantity, decimalsNeeded(level[1]));
      }
    }
  }
  return { price, quantity };
}

function decimalsNeeded(text) {
  const point = text.indexOf('.');
  return point < 0 ? 0 : text.replace(/0+$/u, '').length - point - 1;
}
