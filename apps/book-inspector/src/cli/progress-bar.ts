/** Where the bar is drawn; a terminal, or nothing is drawn. */
export interface ProgressOutput {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export interface Progress {
  readonly bytesRead: number;
  readonly bytesTotal: number;
  readonly messages: number;
}

/** Redraws are at least this far apart, so that they cost nothing. */
const REDRAW_INTERVAL_MS = 100;
const BAR_WIDTH = 24;
const CLEAR_LINE = '\r\u001b[K';

/** A line on a terminal that shows how far the reading is; silent where the output is no terminal. */
export class ProgressBar {
  readonly #label: string;
  readonly #output: ProgressOutput;
  readonly #nowMs: () => number;
  readonly #startedAtMs: number;
  #drawnAtMs: number;
  #isDrawn = false;

  constructor(label: string, output: ProgressOutput, nowMs: () => number) {
    this.#label = label;
    this.#output = output;
    this.#nowMs = nowMs;
    this.#startedAtMs = nowMs();
    this.#drawnAtMs = this.#startedAtMs;
  }

  update(progress: Progress): void {
    if (this.#output.isTTY !== true) return;
    const nowMs = this.#nowMs();
    if (nowMs - this.#drawnAtMs < REDRAW_INTERVAL_MS) return;
    this.#drawnAtMs = nowMs;
    this.#isDrawn = true;
    const line = progressText(this.#label, progress, nowMs - this.#startedAtMs);
    this.#output.write(`${CLEAR_LINE}${line.slice(0, Math.max(20, (this.#output.columns || 80) - 1))}`);
  }

  /** Takes the line away, before something else is printed. */
  clear(): void {
    if (this.#isDrawn) this.#output.write(CLEAR_LINE);
    this.#isDrawn = false;
  }
}

function progressText(
  label: string,
  { bytesRead, bytesTotal, messages }: Progress,
  elapsedMs: number,
): string {
  const share = bytesTotal === 0 ? 1 : Math.min(1, bytesRead / bytesTotal);
  const full = Math.round(share * BAR_WIDTH);
  const bar = `${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)}`;
  const perSecond = Math.round((messages * 1000) / Math.max(1, elapsedMs)).toLocaleString('en-US');
  const bytes = `${megabytes(bytesRead)} of ${megabytes(bytesTotal)} MB`;
  return `${label} ${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${bytes}  ${perSecond} messages/s`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
