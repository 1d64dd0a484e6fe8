/** The rows of a message from its bytes, as programs make them: `JSON.parse` and one array a row. */
export function jsonRows({ type, bytes, receivedAtUs }, rows) {
  const json = JSON.parse(bytes.toString());
  if (type === 'diff') {
    const { E, T, U, u, pu, b, a } = json.data;
    addRows(rows, [receivedAtUs, E, T, U, u, pu, 'diff'], b, a);
  } else {
    const { E, T, lastUpdateId, bids, asks } = json;
    addRows(rows, [receivedAtUs, E, T, undefined, lastUpdateId, undefined, 'snapshot'], bids, asks);
  }
}

/** Adds the rows of a parsed message; `shared` is what they have in common. */
export function addRows(rows, [local, E, T, U, u, pu, type], bids, asks) {
  for (const [price, quantity] of bids) rows.push([local, E, T, U, u, pu, type, 'bid', price, quantity]);
  for (const [price, quantity] of asks) rows.push([local, E, T, U, u, pu, type, 'ask', price, quantity]);
  if (bids.length + asks.length === 0) rows.push([local, E, T, U, u, pu, type, '', '', '']);
}
