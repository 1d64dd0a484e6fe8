import { Charts } from './charts.ts';
import { element, setAttribute, setText } from './elements.ts';
import { formatTime } from './format.ts';
import { showHeader } from './header.ts';
import { showOtherSections } from './other-sections.ts';
import { startPolling } from './polling.ts';
import { showProcesses } from './process-table.ts';
import type { Observation } from './recorder-status.ts';
import { symbolRows } from './symbol-rows.ts';
import { SymbolTable } from './symbol-table.ts';

const table = new SymbolTable();
const charts = new Charts();
let before: Observation | undefined;

startPolling({
  observed: (observation) => {
    const { status } = observation;
    const rows = symbolRows(before, observation);
    element('silent').hidden = true;
    showHeader(status, rows);
    table.show(rows);
    charts.show(before?.status, status);
    showProcesses(status.processes);
    showOtherSections(status);
    before = observation;
  },
  silent: (sinceMs) => {
    const since = sinceMs === undefined ? '' : ` since ${formatTime(sinceMs)}; what is below was true then`;
    setText(element('silent'), `The recorder does not answer${since}.`);
    element('silent').hidden = false;
    setAttribute(element('state'), 'data-state', 'unknown');
    setText(element('state-name'), 'unknown');
    setText(element('state-since'), '');
  },
});
