import type { ExportOutcome, ExportReport } from '../export/export-report.ts';
import { countText, thousands } from './count-text.ts';
import { painter, type Paint, type Style } from './paint.ts';

/** Files that are printed one by one; `--report json` has all. */
const FILES_SHOWN = 40;

/** What was written, what failed and the sums, for people. Ends with a line feed. */
export function exportText(report: ExportReport, style: Style): string {
  const paint = painter(style.colours);
  const written = report.files.filter(({ result }) => result === 'written');
  const left = written.length - FILES_SHOWN;
  const lines = [
    ...written.slice(0, FILES_SHOWN).map(fileLine),
    ...(left > 0 ? [`and ${countText(left, 'more file')}: --report json shows them`] : []),
    ...report.files.filter(({ result }) => result === 'failed').map((file) => failureLine(file, paint)),
    '',
    sums(report, paint),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function fileLine(file: ExportOutcome): string {
  if (file.result !== 'written') return '';
  const open = file.open ? '  (open: rows may still come)' : '';
  return `${file.path}  ${countText(file.rows, 'row')}  ${megabytes(file.bytes)}${open}`;
}

function failureLine(file: ExportOutcome, paint: Paint): string {
  if (file.result !== 'failed') return '';
  return `${paint('red', 'error')} ${file.code}  ${file.symbol} ${file.kind} ${file.date}: ${file.problem}`;
}

function sums({ written, failed, rows, bytes, sourceBytes, elapsedMs }: ExportReport, paint: Paint): string {
  const seconds = elapsedMs / 1000;
  const rate = seconds === 0 ? '' : `, ${thousands(Math.round(rows / seconds))} rows/s`;
  const line = [
    countText(written, 'file'),
    countText(rows, 'row'),
    `${megabytes(sourceBytes)} CSV became ${megabytes(bytes)}`,
    `${seconds.toFixed(1)} s${rate}`,
  ].join('   ');
  return failed === 0 ? line : `${line}   ${paint('red', `${countText(failed, 'file')} failed`)}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
