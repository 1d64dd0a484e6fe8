/** The file that is being checked. */
export interface ReadFile {
  /** Path below the data folder: what findings name. */
  readonly name: string;
  readonly path: string;
  /** `depth`, `aggtrade` and so on; `capture` for a raw capture. */
  readonly kind: string;
  /** First microsecond of its period; receipts lie behind it. */
  readonly startUs: number;
  /** First microsecond behind its period; infinite where its name does not tell. */
  readonly endUs: number;
  /** Whether rows may still come to it: the newest file of its kind, not packed. */
  readonly isOpen: boolean;
  /** Whether no file of the same kind comes before it. */
  readonly isFirst: boolean;
  /** Whether it is the first part of its period. */
  readonly isPeriodHead: boolean;
}
