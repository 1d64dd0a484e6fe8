import { arrange, element, make, setAttribute, setText } from './elements.ts';
import { formatBytes, formatCount } from './format.ts';
import type { ProcessStatus } from './recorder-status.ts';

/** A line a process. */
export function showProcesses(processes: readonly ProcessStatus[]): void {
  const body = element('process-rows');
  const lines = new Map([...body.children].map((line) => [line.getAttribute('data-process'), line]));
  arrange(
    body,
    processes.map((process) => filled(lines.get(process.id) ?? emptyLine(process.id), process)),
  );
}

function emptyLine(id: string): HTMLElement {
  const line = make('tr', { role: 'row', 'data-process': id });
  line.append(make('th', { role: 'rowheader', scope: 'row' }), make('td', { role: 'cell' }));
  for (let cells = 0; cells < 3; cells++) line.append(make('td', { role: 'cell', class: 'number' }));
  return line;
}

function filled(line: Element, { id, pid, state, restarts, rssBytes, symbols }: ProcessStatus): Element {
  const texts = [id, state, formatCount(restarts), formatBytes(rssBytes), formatCount(symbols.length)];
  texts.forEach((text, index) => setText(line.children[index]!, text));
  setAttribute(line, 'title', pid === undefined ? undefined : `pid ${pid}`);
  setAttribute(line.children[1]!, 'data-tone', state === 'ready' ? undefined : 'bad');
  setAttribute(line.children[2]!, 'data-tone', restarts === 0 ? undefined : 'bad');
  return line;
}
