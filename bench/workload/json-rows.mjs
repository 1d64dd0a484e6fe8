/** The rows of a message from its bytes, as programs make them: `JSON.parse` and one array a row, or what `add` makes. */
export function jsonRows({ type, bytes, receivedAtUs }, rows, add = addRows) {
  const json = JSON.parse(bytes.toString());
  if (type === 'diff') {
    const { E, T, U, u, pu, b, a } = json.data;
    add(rows, [receivedAtUs, E, T, U, u, pu, 'diff'], b, a);
  } else {
    const { E, T, lastUpdateId, bids, asks } = json;
    add(rows, [receivedAtUs, E, T, undefined, lastUpdateId, undefined, 'snapshot'], bids, asks);
  }
}

/** Adds the rows of a parsed message; `shared` is what they have in common. */
export function addRows(rows, [local, E, T, U, u, pu, type], bids, asks) {
  for (const [price, quantity] of bids) rows.push([local, E, T, U, u, pu, type, 'bid', price, quantity]);
  for (const [price, quantity] of asks) rows.push([local, E, T, U, u, pu, type, 'ask', price, quantity]);
  if (bids.length + asks.length === 0) rows.push([local, E, T, U, u, pu, type, '', '', '']);
}

/** The same, one object a row, with the columns of a depth file. */
export function addObjectRows(
  rows,
  [local_time, event_time, transaction_time, U, u, pu, update_type],
  bids,
  asks,
) {
  const add = (side, price, quantity) =>
    rows.push({
      local_time,
      event_time,
      transaction_time,
      first_update_id: U,
      final_update_id: u,
      prev_final_update_id: pu,
      update_type,
      side,
      price,
      quantity,
    });
  for (const [price, quantity] of bids) add('bid', price, quantity);
  for (const [price, quantity] of asks) add('ask', price, quantity);
  if (bids.length + asks.length === 0) add('', '', '');
}
