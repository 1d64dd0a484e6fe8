import type { Connection } from '../socket/connection.ts';
import type { CheckedFault, ConnectionFault, MessageFault } from './fault.ts';

/** Whether the connection is one that the fault is about, streams aside. */
export function concernsConnection(fault: ConnectionFault | MessageFault, connection: Connection): boolean {
  return (
    (fault.connection === undefined || fault.connection === connection.number) &&
    (fault.route === undefined || fault.route === connection.route)
  );
}

export function concernsStream(fault: CheckedFault, stream: string, symbol: string): boolean {
  if ('stream' in fault && fault.stream !== undefined && fault.stream !== stream) return false;
  return !('symbol' in fault) || fault.symbol === undefined || fault.symbol.toUpperCase() === symbol;
}

function hearsConcerned(fault: ConnectionFault | MessageFault, connection: Connection): boolean {
  if (fault.stream === undefined && fault.symbol === undefined) return true;
  return [...connection.subscriptions].some((stream) =>
    concernsStream(fault, stream, stream.slice(0, Math.max(0, stream.indexOf('@'))).toUpperCase()),
  );
}

/** Whether the fault is about one of several connections only, chosen by age. */
export function picksOne(fault: ConnectionFault | MessageFault): boolean {
  return 'pick' in fault && fault.pick !== undefined && fault.pick !== 'all';
}

/** The connections that the fault strikes now. They are given, and returned, the oldest first. */
export function struckConnections(
  fault: ConnectionFault | MessageFault,
  connections: Iterable<Connection>,
): readonly Connection[] {
  const concerned = [...connections].filter(
    (connection) => concernsConnection(fault, connection) && hearsConcerned(fault, connection),
  );
  if (!picksOne(fault)) return concerned;
  const open = concerned.filter((connection) => connection.isOpen);
  return 'pick' in fault && fault.pick === 'oldest' ? open.slice(0, 1) : open.slice(-1);
}
