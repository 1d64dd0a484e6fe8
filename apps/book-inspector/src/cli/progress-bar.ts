/** Where the bar is drawn. */
export interface ProgressOutput {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export interface Progress {
  readonly bytesRead: number;
  readonly bytesTotal: number;
}

/** Redraws are at least this far apart, so that they cost nothing. */
const REDRAW_INTERVAL_MS = 100;
/** The same where every redraw is a line that stays. */
const LINE_INTERVAL_MS = 1000;
const BAR_WIDTH = 24;
const CLEAR_LINE = '\r\u001b[K';

/** A line on a terminal that shows how far the reading is; silent elsewhere, unless lines are asked for. */
export class ProgressBar {
  /** What is being read. */
  label: string;
  readonly #output: ProgressOutput;
  readonly #nowMs: () => number;
  readonly #isTerminal: boolean;
  readonly #isSilent: boolean;
  readonly #startedAtMs: number;
  #drawnAtMs: number;
  #isDrawn = false;

  /** `isWanted` undefined shows it on a terminal only. */
  constructor(label: string, output: ProgressOutput, nowMs: () => number, isWanted?: boolean) {
    this.label = label;
    this.#output = output;
    this.#nowMs = nowMs;
    this.#isTerminal = output.isTTY === true;
    this.#isSilent = !(isWanted ?? this.#isTerminal);
    this.#startedAtMs = nowMs();
    this.#drawnAtMs = this.#startedAtMs;
  }

  update(progress: Progress): void {
    if (this.#isSilent) return;
    const nowMs = this.#nowMs();
    if (nowMs - this.#drawnAtMs < (this.#isTerminal ? REDRAW_INTERVAL_MS : LINE_INTERVAL_MS)) return;
    this.#drawnAtMs = nowMs;
    const line = progressText(this.label, progress, nowMs - this.#startedAtMs);
    if (this.#isTerminal) this.#draw(line);
    else this.#output.write(`${line}\n`);
  }

  /** Takes the line away, before something else is printed. */
  clear(): void {
    if (this.#isDrawn) this.#output.write(CLEAR_LINE);
    this.#isDrawn = false;
  }

  #draw(line: string): void {
    this.#isDrawn = true;
    this.#output.write(`${CLEAR_LINE}${line.slice(0, Math.max(20, (this.#output.columns || 80) - 1))}`);
  }
}

function progressText(label: string, { bytesRead, bytesTotal }: Progress, elapsedMs: number): string {
  const share = bytesTotal === 0 ? 1 : Math.min(1, bytesRead / bytesTotal);
  const full = Math.round(share * BAR_WIDTH);
  const bar = `${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)}`;
  const percent = `${String(Math.floor(share * 100)).padStart(3)} %`;
  const bytesPerSecond = (bytesRead * 1000) / Math.max(1, elapsedMs);
  const bytes = `${megabytes(bytesRead)} of ${megabytes(bytesTotal)} MB`;
  const left = bytesRead === 0 ? '' : `  ${durationText((bytesTotal - bytesRead) / bytesPerSecond)} left`;
  return `${label} ${bar} ${percent}  ${bytes}  ${megabytes(bytesPerSecond)} MB/s${left}`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

/** `8s`, `3m05s`, `2h07m`. */
function durationText(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const two = (number: number): string => String(number).padStart(2, '0');
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h${two(Math.floor((whole % 3600) / 60))}m`;
}
