/** Up to which position of a journal the rows of a partition are stored for good. */
export interface TakenPosition {
  readonly incarnation: string;
  readonly position: number;
}

/** By node. Of a node the journals that were seen last, the latest first. */
export type TakenPositions = Readonly<Record<string, readonly TakenPosition[]>>;

/** Journals of a node that are remembered: an older one has nothing on its way any more. */
const INCARNATIONS_MAX = 4;
/** Nodes that a partition remembers. */
export const NODES_MAX = 256;

export function takenOf(taken: TakenPositions, node: string, incarnation: string): number {
  return taken[node]?.find((known) => known.incarnation === incarnation)?.position ?? 0;
}

export function withTaken(
  taken: TakenPositions,
  node: string,
  { incarnation, position }: TakenPosition,
): TakenPositions {
  const others = (taken[node] ?? []).filter((known) => known.incarnation !== incarnation);
  return { ...taken, [node]: [{ incarnation, position }, ...others].slice(0, INCARNATIONS_MAX) };
}

/** Undefined for what is none. */
export function parseTaken(value: unknown): TakenPositions | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value as Record<string, unknown>);
  if (entries.length > NODES_MAX || !entries.every(([, list]) => Array.isArray(list) && list.every(isTaken)))
    return undefined;
  return Object.fromEntries(entries) as TakenPositions;
}

function isTaken(value: unknown): value is TakenPosition {
  if (typeof value !== 'object' || value === null) return false;
  const { incarnation, position } = value as Record<string, unknown>;
  return typeof incarnation === 'string' && Number.isSafeInteger(position) && (position as number) >= 0;
}
